import assert from 'node:assert/strict';
import type { Notice, Problem } from '../../../src/call/call-state.ts';
import { loadPreferences, savePreferences } from '../../../server/guest/preferences.ts';
import { chooseLanguage, dictionaries } from '../../../server/guest/strings.ts';
import { actionOfKey } from '../../../server/guest/ui/shortcuts.ts';
import { codeGroups, durationText, endText, noticeText, problemText } from '../../../server/guest/view/texts.ts';

const { en, fr } = dictionaries;
const notice = (code: string, params: Record<string, string>): Notice => ({
  id: 1,
  code,
  params,
  message: 'as told',
  at: 0,
});
const problem = (code: string): Problem => ({ code, message: 'as told', action: 'do that', since: 0 });

/** Every sentence under its key, with those that take something filled in. */
function sentences(dictionary: object, prefix = ''): [string, string][] {
  return Object.entries(dictionary).flatMap(([key, value]: [string, unknown]): [string, string][] => {
    if (typeof value === 'string') return [[prefix + key, value]];
    if (typeof value === 'function')
      return [[prefix + key, String((value as (a: unknown, b: unknown) => unknown)('X7', 'Y8'))]];
    return sentences(value as object, `${prefix}${key}.`);
  });
}

describe('texts of the guest page', () => {
  it('has every sentence in both languages, none empty, none left in English by mistake', () => {
    const [english, french] = [new Map(sentences(en)), new Map(sentences(fr))];
    assert.deepEqual([...french.keys()], [...english.keys()]);
    const same = ['product', 'message', 'microphoneNumber', 'send', 'codeShown', 'youSuffix', 'page'];
    for (const [key, text] of english) {
      assert.ok(text.trim() !== '' && french.get(key)?.trim(), key);
      if (!same.includes(key)) assert.notEqual(french.get(key), text, key);
      if (text.includes('X7')) assert.ok(french.get(key)?.includes('X7'), key);
    }
  });

  it('chooses the first language that we have', () => {
    assert.equal(chooseLanguage(['de-DE', 'fr-CA', 'en']), 'fr');
    assert.equal(chooseLanguage(['pl']), 'en');
    assert.equal(chooseLanguage([]), 'en');
  });

  it('says who joined, and what was blocked, as a warning', () => {
    assert.deepEqual(noticeText(notice('joined', { name: 'Ana' }), en), { text: 'Ana joined', tone: 'info' });
    assert.deepEqual(noticeText(notice('frames-rejected', { name: 'Ana', source: 'camera' }), en), {
      text: 'We blocked video that did not come from Ana',
      tone: 'danger',
    });
    assert.match(
      noticeText(notice('frames-rejected', { name: 'Ana', source: 'microphone' }), fr).text,
      /un son qui ne venait pas de Ana/,
    );
  });

  it('keeps the words of a notice or problem that it does not know', () => {
    assert.equal(noticeText(notice('new-thing', {}), fr).text, 'as told');
    assert.deepEqual(problemText(problem('call/new-thing'), fr), { text: 'as told', detail: 'do that' });
  });

  it('says why a call ended and what to do', () => {
    assert.equal(endText(null, en).action, 'join-again');
    assert.equal(endText('call/refused-link-secret', en).action, 'start');
    assert.equal(endText('call/refused-protocol-version', en).action, 'reload');
    assert.deepEqual(endText('call/odd', en).code, 'call/odd');
  });

  it('groups the code and the clock for reading', () => {
    assert.deepEqual(codeGroups('48213 90577-11846'), ['48213', '90577', '11846']);
    assert.deepEqual(codeGroups(''), []);
    assert.equal(durationText(0), '0:00');
    assert.equal(durationText(245_900), '4:05');
    assert.equal(durationText(3_723_000), '1:02:03');
  });

  it('takes keys as commands, but not while text is written or with a modifier', () => {
    const key = (patch: object): Parameters<typeof actionOfKey>[0] => ({
      key: 'm',
      ctrlKey: false,
      metaKey: false,
      altKey: false,
      repeat: false,
      composedPath: () => [{ tagName: 'BODY' }],
      ...patch,
    });
    assert.equal(actionOfKey(key({})), 'microphone');
    assert.equal(actionOfKey(key({ key: 'V' })), 'camera');
    assert.equal(actionOfKey(key({ ctrlKey: true })), null);
    assert.equal(actionOfKey(key({ repeat: true })), null);
    assert.equal(actionOfKey(key({ composedPath: () => [{ tagName: 'TEXTAREA' }] })), null);
    assert.equal(actionOfKey(key({ key: 'q' })), null);
  });

  it('remembers preferences, and the defaults where the storage is broken or refuses', () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    } as unknown as Storage;
    savePreferences(storage, { name: 'Ana', cameraOn: false });
    assert.deepEqual(loadPreferences(storage), {
      name: 'Ana',
      camera: null,
      microphone: null,
      cameraOn: false,
      microphoneOn: true,
    });
    for (const broken of ['', '[1', 'null', '7', '{"name":5,"camera":{}}']) {
      const other = { getItem: () => broken } as unknown as Storage;
      assert.equal(loadPreferences(other).name, '');
    }
    const refusing = {
      getItem: () => {
        throw new Error('refused');
      },
    } as unknown as Storage;
    assert.equal(loadPreferences(refusing).cameraOn, true);
    savePreferences(refusing, { name: 'Ana' });
  });
});
