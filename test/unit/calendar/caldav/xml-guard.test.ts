import assert from 'node:assert/strict';
import fc from 'fast-check';
import { guardXml, xmlLimits } from '../../../../src/calendar/caldav/xml-guard.ts';
import { CalendarError } from '../../../../src/calendar/calendar-error.ts';

const passes = (xml: string): boolean => {
  try {
    guardXml(xml);
    return true;
  } catch (error) {
    assert.ok(error instanceof CalendarError && error.code === 'calendar/unreadable', String(error));
    return false;
  }
};

describe('guarding XML', () => {
  for (const xml of [
    '<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:"><d:response/></d:multistatus>\n',
    "<a b='x>y'><c/></a>",
    '<a><!-- <b> --><![CDATA[<c> ]] > </d>]]></a>',
    '<a>1 &lt; 2 &amp; 3 &gt; 2</a>',
    `${'<a>'.repeat(xmlLimits.depth)}${'</a>'.repeat(xmlLimits.depth)}`,
    `<a>${'<b/>'.repeat(xmlLimits.elements - 1)}</a>`,
  ]) {
    it(`passes ${xml.slice(0, 50)}`, () => assert.ok(passes(xml)));
  }

  for (const xml of [
    '<!DOCTYPE a><a/>',
    '<!ENTITY a "b"><a/>',
    '<a>',
    '</a>',
    '<a></b>',
    '<a><b></a></b>',
    '<a',
    '<a><![CDATA[</a>',
    '<a><!-- </a>',
    '<?xml ',
    '<a><hasOwnProperty/></a>',
    `<a><${'n'.repeat(xmlLimits.nameLength + 1)}/></a>`,
    `${'<a>'.repeat(xmlLimits.depth + 1)}${'</a>'.repeat(xmlLimits.depth + 1)}`,
    `<a>${'<b/>'.repeat(xmlLimits.elements)}</a>`,
  ]) {
    it(`refuses ${xml.slice(0, 50)}`, () => assert.ok(!passes(xml)));
  }

  it('ends with a verdict on any text', () => {
    const piece = fc.constantFrom(
      '<a',
      '<b:c',
      '>',
      '/>',
      '</a>',
      '</b:c>',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      '<!',
      ' ',
      'x',
      '"',
      "'",
      '&',
    );
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (xml) => typeof passes(xml) === 'boolean',
      ),
    );
  });

  it('takes a time that grows with the text alone', () => {
    const from = performance.now();
    for (const unit of ['<a ', '<', '<!', '</', '<a:', `<${'a:'.repeat(60)}`, '<![CDATA[', '<!--', '<?', '"<'])
      passes(`<a>${unit.repeat(4_000_000 / unit.length)}`);
    assert.ok(performance.now() - from < 5_000, `${performance.now() - from} ms`);
  });
});
