/**
 * Says a word to a watcher, later as every word to a watcher is.
 *
 * @param word - Says it.
 * @returns a function that ends the watch: nothing is said any more.
 */
export function tellLater(word: () => void): () => void {
  let watched = true
  queueMicrotask(() => {
    if (watched) word()
  })
  return () => {
    watched = false
  }
}
