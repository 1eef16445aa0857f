/**
 * Takes headers out of a flat list, in place.
 *
 * @param list - Names and values in turn.
 * @param test - Says by its name, as it stands in the list, whether a header goes.
 */
export function removePairs<Item>(list: Item[], test: (name: Item) => boolean): void {
  let kept = 0
  for (let index = 0; index + 1 < list.length; index += 2) {
    if (test(list[index]!)) continue
    list[kept++] = list[index]!
    list[kept++] = list[index + 1]!
  }
  list.length = kept
}
