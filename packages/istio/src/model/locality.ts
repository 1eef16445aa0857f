import type { Locality } from '@inmesh/core'

/** The locality of who says nothing about it. */
export const noLocality: Locality = { region: '', zone: '', subZone: '' }

/**
 * @param text - Istio's notation, `region/zone/sub-zone`; the later parts may be absent.
 * @returns the locality.
 */
export function parseLocality(text: string): Locality {
  const [region = '', zone = '', subZone = ''] = text.split('/')
  return { region, zone, subZone }
}

/**
 * @param locality - A locality.
 * @returns Istio's notation, `region/zone/sub-zone`.
 */
export function localityText(locality: Locality): string {
  return [locality.region, locality.zone, locality.subZone].join('/').replace(/\/+$/, '')
}
