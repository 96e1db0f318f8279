"use strict";

/* The texts of a page: each is written in English where it is used, and may have another language's words here. */

const WORDS = {};

function say(text, values = {}) {
  return (WORDS[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

