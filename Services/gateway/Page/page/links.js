const RUN = /(https?:\/\/[^\s<>"']+)/u;

/**
 * A text, cut where web addresses begin and end.
 *
 * @returns {{text: string, isAddress: boolean}[]} all of the text, in order
 */
export function cutAtAddresses(content) {
  return content.split(RUN).flatMap((part, index) => {
    const end = index % 2 === 1 ? endOfAddress(part) : 0;
    const [address, rest] = [part.slice(0, end), part.slice(end)];
    const isAddress = URL.canParse(address);
    return [{ text: address, isAddress }, { text: rest, isAddress: false }].filter(({ text }) => text !== "");
  });
}

/** The sentence around an address may end with it; a closing bracket belongs to it where it was opened in it. */
function endOfAddress(run) {
  const count = (character) => run.split(character).length - 1;
  const unopened = { ")": count(")") - count("("), "]": count("]") - count("[") };
  let end = run.length;
  for (; end > 0; end -= 1) {
    const last = run[end - 1];
    if (unopened[last] > 0) unopened[last] -= 1;
    else if (!".,;:!?".includes(last)) break;
  }
  return end;
}
