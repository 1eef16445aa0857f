import type { ErrorPlace } from '@inmesh/core'

/**
 * @param place - Where something in a configuration file lies.
 * @returns the place as an editor understands it, with the field behind: `mesh/shop.yaml:12 spec.http[0].timeout`.
 */
export function placeText(place: ErrorPlace): string {
  const file = place.line === undefined ? (place.file ?? '') : `${place.file ?? ''}:${place.line}`
  return [file, place.field].filter((part) => part !== undefined && part !== '').join(' ')
}
