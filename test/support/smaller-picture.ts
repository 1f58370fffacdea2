import type { Browser } from 'playwright-core';

/** A picture (PNG) drawn anew at so many pixels, whatever its own shape. */
export async function smallerPicture(browser: Browser, png: Buffer, width: number, height: number): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width, height } });
  try {
    const source = `data:image/png;base64,${png.toString('base64')}`;
    await page.setContent(`<body style="margin:0"><img style="display:block;width:100vw" src="${source}">`);
    await page.locator('img').evaluate((image: HTMLImageElement) => image.decode());
    return await page.screenshot();
  } finally {
    await page.close();
  }
}
