/** How a stream ended. */
export interface StreamEnd {
  /** gRPC status: 0 when the server closed the stream in good order. */
  readonly status: number
  /** What grpc-js or the server said about it. */
  readonly reason: string
}

/** Told about one stream. Never called from inside {@link StreamOpener.openStream}; nothing is called after `ended`. */
export interface StreamListener {
  /** The connection is up and the call has started: what is sent from now on goes out. */
  opened(): void
  /** One message, without gRPC's framing. The bytes are the listener's to keep. */
  message(bytes: Uint8Array): void
  /** The stream is over, whether or not it was opened before. */
  ended(end: StreamEnd): void
}

/** A bidirectional stream of a control-side call. */
export interface ControlStream {
  /** Sends one message. Does nothing before the stream is opened and after it ended. */
  send(bytes: Uint8Array): void
  /** Holds back messages, and in the end the server, until {@link ControlStream.resume}. The end of the stream comes after the last of them. */
  pause(): void
  /** Lets messages come again, never from inside this call. Does nothing where they do. */
  resume(): void
  /** Sends no more, and lets the server know: its listener hears of the end when the server ends the stream too. */
  finish(): void
  /** Ends the stream; its listener hears nothing any more. */
  cancel(): void
}

/** Where streams to one server come from. */
export interface StreamOpener {
  /**
   * Opens a stream, connecting first where needed.
   *
   * @param method - Full path: `/package.Service/Method`.
   * @param listener - Told about the stream.
   */
  openStream(method: string, listener: StreamListener): ControlStream
  /** Ends every stream and the connection. No stream can be opened afterwards. */
  close(): void
}
