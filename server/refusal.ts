import { signallingErrors } from '../src/call/signalling/messages.ts';
import { ProtocolError } from '../src/lib/errors.ts';

export type RefusalKind = keyof typeof signallingErrors;

/** A request that is refused: `kind` selects the numeric code the client decides by, the message is for its log. */
export class Refusal extends ProtocolError {
  readonly kind: RefusalKind;
  readonly status: number;

  constructor(kind: RefusalKind, message: string, cause?: unknown) {
    super('server/request-refused', message, { cause, context: { kind } });
    this.kind = kind;
    this.status = signallingErrors[kind];
  }
}
