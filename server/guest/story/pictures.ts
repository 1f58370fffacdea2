/** A still picture that stands for somebody's camera or screen, as a live stream. */
export function paintPerson(hue: number, width = 1280, height = 720): MediaStream {
  const { canvas, draw } = blank(width, height);
  const ground = draw.createLinearGradient(0, 0, width, height);
  ground.addColorStop(0, `hsl(${hue} 32% 58%)`);
  ground.addColorStop(1, `hsl(${hue + 40} 38% 26%)`);
  draw.fillStyle = ground;
  draw.fillRect(0, 0, width, height);
  draw.fillStyle = `hsl(${hue + 20} 30% 70% / 50%)`;
  draw.fillRect(width * 0.06, height * 0.1, width * 0.22, height * 0.38);
  draw.fillStyle = `hsl(${hue + 190} 34% 30%)`;
  ellipse(draw, width / 2, height * 1.08, width * 0.27, height * 0.46);
  draw.fillStyle = 'hsl(24 42% 66%)';
  draw.fillRect(width / 2 - height * 0.07, height * 0.5, height * 0.14, height * 0.2);
  ellipse(draw, width / 2, height * 0.42, height * 0.15, height * 0.2);
  draw.fillStyle = `hsl(${hue} 30% 18%)`;
  draw.beginPath();
  draw.ellipse(width / 2, height * 0.35, height * 0.165, height * 0.16, 0, Math.PI, 0);
  draw.fill();
  return stream(canvas, draw);
}

export function paintScreen(): MediaStream {
  const { canvas, draw } = blank(1920, 1080);
  draw.fillStyle = '#f7f8fa';
  draw.fillRect(0, 0, 1920, 1080);
  draw.fillStyle = '#1d2a3a';
  draw.font = '600 72px Inter Variable, sans-serif';
  draw.fillText('Third quarter: rooms in use', 120, 180);
  draw.font = '400 36px Inter Variable, sans-serif';
  draw.fillStyle = '#5b6775';
  draw.fillText('Hours per week, by floor', 120, 250);
  [320, 480, 410, 640, 560, 720].forEach((value, i) => {
    draw.fillStyle = i === 5 ? '#1b57c9' : '#b9cdf2';
    draw.fillRect(140 + i * 280, 960 - value, 180, value);
  });
  return stream(canvas, draw);
}

function blank(width: number, height: number): { canvas: HTMLCanvasElement; draw: CanvasRenderingContext2D } {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const draw = canvas.getContext('2d');
  if (!draw) throw new Error('no canvas');
  return { canvas, draw };
}

function ellipse(draw: CanvasRenderingContext2D, x: number, y: number, rx: number, ry: number): void {
  draw.beginPath();
  draw.ellipse(x, y, rx, ry, 0, 0, Math.PI * 2);
  draw.fill();
}

function stream(canvas: HTMLCanvasElement, draw: CanvasRenderingContext2D): MediaStream {
  const captured = canvas.captureStream(2);
  // A canvas that does not change sends one frame, which a video attached later would miss.
  setInterval(() => draw.fillRect(0, 0, 0, 0), 500);
  return captured;
}
