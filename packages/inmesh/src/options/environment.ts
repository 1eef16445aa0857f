/** Variables by name, usually `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>
