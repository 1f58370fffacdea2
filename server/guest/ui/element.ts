import { LitElement } from 'lit';
import type { Strings } from '../strings.ts';

/** A part of the page: it is handed the sentences of its language. */
export abstract class GuestElement extends LitElement {
  static override properties = { strings: { attribute: false } };
  declare strings: Strings;
}

/** Tells whoever is above what a person asked for. */
export function ask<T>(from: EventTarget, name: string, detail?: T): void {
  from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
}
