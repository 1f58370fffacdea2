import { writeFile } from 'node:fs/promises';
import { launchChromium } from './browser.ts';

const [WIDTH, HEIGHT] = [1280, 720];
const PERSON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" style="position:fixed;inset:0">
  <rect width="1280" height="720" fill="#d9cfc1"/>
  <rect x="90" y="70" width="330" height="300" rx="6" fill="#f4efe7"/><rect x="112" y="92" width="286" height="256" fill="#9fb7c4"/>
  <path d="M112 348V270l80-60 70 70 60-40 76 60v48z" fill="#6f8f86"/>
  <rect x="930" y="0" width="20" height="720" fill="#c4b7a6"/><rect x="1180" y="0" width="20" height="720" fill="#c4b7a6"/>
  <rect x="950" y="210" width="230" height="14" fill="#b3a48f"/><rect x="950" y="430" width="230" height="14" fill="#b3a48f"/>
  <path d="M970 210v-90h34v90zM1010 210v-110h26v110zM1042 210v-80h40v80z" fill="#7a8aa6"/>
  <path d="M980 430v-100h30v100zM1016 430v-84h44v84z" fill="#a66a5b"/>
  <path d="M430 340c-30-230 80-290 210-290s240 60 210 290c-6 60-10 130-60 170H490c-50-40-52-110-60-170z" fill="#3b2a25"/>
  <path d="M290 720c10-150 120-190 240-215h220c120 25 230 65 240 215z" fill="#2f4f6b"/>
  <path d="M560 430h160v90c-20 60-140 60-160 0z" fill="#c98f70"/>
  <ellipse cx="640" cy="310" rx="138" ry="176" fill="#dba583"/>
  <path d="M498 300c0-150 80-190 150-190 90 0 140 70 136 190-20-70-60-110-110-120-60 40-140 50-176 120z" fill="#3b2a25"/>
  <circle cx="588" cy="316" r="12" fill="#2b1d19"/><circle cx="692" cy="316" r="12" fill="#2b1d19"/>
  <path d="M560 284q28-16 56 0M664 284q28-16 56 0" stroke="#3b2a25" stroke-width="9" fill="none" stroke-linecap="round"/>
  <path d="M636 320q-14 46 8 54" stroke="#b97a5c" stroke-width="7" fill="none" stroke-linecap="round"/>
  <path d="M592 410q48 40 96 0" stroke="#a34f48" stroke-width="11" fill="none" stroke-linecap="round"/>
</svg>`;

/** Writes a film for `--use-file-for-fake-video-capture` to a path that ends in `.mjpeg`: somebody before a wall, drawn, 1280×720. */
export async function drawPerson(path: string): Promise<void> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT } });
    await page.setContent(PERSON);
    const picture = await page.screenshot({ type: 'jpeg', quality: 90 });
    // Chromium plays it in a circle; one picture alone it takes for a broken film.
    await writeFile(path, Buffer.concat([picture, picture]));
  } finally {
    await browser.close();
  }
}
