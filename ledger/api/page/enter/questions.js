// What a first mapping leaves to be said: its lines marked TODO as questions, and answers put into its text.

const LINE = /^(# )?(.+?) = (.+?)(?:\s+# TODO(?:: (.*))?)?$/;
export const COUNT = "groups.0.count";
const PLACEHOLDERS = new Set(["MY-EXCHANGE", "Our desk"]); // what a first mapping says where it knows nothing
const MARKED = /\s+# TODO(?:: .*)?$/;
const OPTIONAL = /^# /;

const textOf = (toml) => {
  try {
    return JSON.parse(toml);
  } catch {
    return toml;
  }
};

// The questions of a mapping's text, in order: each by its place, with what the line says now.
export function questionsOf(text) {
  return linesOf(text)
    .filter(({ line }) => MARKED.test(line) && LINE.test(line))
    .map(({ section, about, line }) => {
      const [, commented, key, value, why = ""] = LINE.exec(line);
      const plain = textOf(value);
      const isText = typeof plain === "string" && textOf(key) !== COUNT;
      const [, hint] = /^(\w+)\?$/.exec(why) ?? [];
      return { section, about, key: textOf(key), place: `${section} ${textOf(key)}`, isOptional: Boolean(commented), value: !isText ? value : PLACEHOLDERS.has(plain) ? "" : plain || hint || "", isText, why: hint ? "Perhaps so." : why };
    });
}

function* walked(text) {
  let [section, about] = ["", ""];
  for (const [index, line] of text.split("\n").entries()) {
    const head = /^\[(.+?)\](?:\s+# (.*))?$/.exec(line);
    if (head) [section, about] = [head[1], head[2] ?? ""];
    yield { index, section, about, line };
  }
}

const linesOf = (text) => [...walked(text)];

const at = (text, place) => linesOf(text).find(({ section, line }) => LINE.test(line) && `${section} ${textOf(LINE.exec(line)[2])}` === place);

// Whether a question is still open.
export const isOpen = (text, { place }) => MARKED.test(at(text, place)?.line ?? "");

// The text with an answer in place of what it said; nothing leaves out a line that may be missing.
export function answered(text, question, answer) {
  const found = at(text, question.place);
  if (!found) return text;
  const [, , key] = LINE.exec(found.line);
  const value = question.isText ? JSON.stringify(answer) : answer;
  const isOut = question.isOptional && !answer;
  const line = isOut ? `# ${key} = ${question.isText ? JSON.stringify(question.value) : question.value}` : `${key} = ${value}`;
  return text.split("\n").map((each, index) => (index === found.index ? line : each)).join("\n");
}

// What is marked and is no question: remarks on the whole table.
export const remarks = (text) => text.split("\n").filter((line) => OPTIONAL.test(line) && /^# TODO: /.test(line)).map((line) => line.replace(/^# TODO: /, ""));

// The text without what is only remarked.
export const withoutRemarks = (text) => text.split("\n").filter((line) => !/^# TODO: /.test(line)).join("\n");
