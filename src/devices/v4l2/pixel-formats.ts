/** What GStreamer calls a pixel format of V4L2. */
export interface PixelFormat {
  /** Media type and format of the caps. */
  readonly caps: string;
  /** Of a raw format; null for a compressed one. */
  readonly bytesPerPixel: number | null;
}

/**
 * The formats that are opened, by their four characters (videodev2.h), the preferred ones first among equals. H.264 and HEVC
 * of cameras are left out: a decoder may be missing, and they come with a delay. Greyscale is what face-unlock cameras give.
 */
export const pixelFormats: Readonly<Record<string, PixelFormat>> = {
  NV12: { caps: 'video/x-raw,format=NV12', bytesPerPixel: 1.5 },
  YU12: { caps: 'video/x-raw,format=I420', bytesPerPixel: 1.5 },
  YV12: { caps: 'video/x-raw,format=YV12', bytesPerPixel: 1.5 },
  NV21: { caps: 'video/x-raw,format=NV21', bytesPerPixel: 1.5 },
  YUYV: { caps: 'video/x-raw,format=YUY2', bytesPerPixel: 2 },
  UYVY: { caps: 'video/x-raw,format=UYVY', bytesPerPixel: 2 },
  YVYU: { caps: 'video/x-raw,format=YVYU', bytesPerPixel: 2 },
  NV16: { caps: 'video/x-raw,format=NV16', bytesPerPixel: 2 },
  RGB3: { caps: 'video/x-raw,format=RGB', bytesPerPixel: 3 },
  BGR3: { caps: 'video/x-raw,format=BGR', bytesPerPixel: 3 },
  MJPG: { caps: 'image/jpeg', bytesPerPixel: null },
  JPEG: { caps: 'image/jpeg', bytesPerPixel: null },
};

export const pixelFormatNames = Object.keys(pixelFormats);
