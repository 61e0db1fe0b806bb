// Arguments of the scripts that compare with other programs: words, then "--name value" pairs.

/**
 * @param usage printed for --help (exit 0) and for wrong usage (exit 2)
 * @param words names of the words that must be there
 * @param names the options, with their values when they are not given
 * @returns {words: [...], options: {...}}
 */
export function readArguments(usage, words, names) {
  const given = process.argv.slice(2);
  if (given.includes("--help") || given.includes("-h")) {
    console.log(usage);
    process.exit(0);
  }
  const wrong = (what) => {
    console.error(`${what}\n${usage}`);
    process.exit(2);
  };
  const found = [], options = {...names};
  for (let i = 0; i < given.length; i++) {
    if (!given[i].startsWith("--")) {
      found.push(given[i]);
    } else if (!(given[i] in names)) {
      wrong(`There is no option ${given[i]}.`);
    } else if (i + 1 === given.length) {
      wrong(`${given[i]} needs a value.`);
    } else {
      options[given[i]] = given[++i];
    }
  }
  if (found.length !== words.length) wrong(`Expected ${words.join(" ")}.`);
  return {words: found, options};
}
