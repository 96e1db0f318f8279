"""The processes that train, and the queue before them. Knows nothing of Streamlit."""
