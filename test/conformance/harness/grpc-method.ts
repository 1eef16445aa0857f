/** The method that every call is to. */
export const method = '/conformance.Echo/Call'
