"""What leaves the page and what comes in: links, reports, models, runs."""
