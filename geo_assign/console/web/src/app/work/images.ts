/** Makes images small enough to be sent by a phone. */

const LONGEST_PX = 1600;
const QUALITY = 0.82;

export interface Image {
  image: ArrayBuffer;
  media_type: string;
}

/** The size that fits, the proportions kept; what is small stays as it is. */
export function fitWithin(width: number, height: number, longest = LONGEST_PX): { width: number; height: number } {
  const scale = Math.min(1, longest / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** A photo as JPEG, upright and without what the camera wrote into it. Throws where the file is no image. */
export async function shrinkPhoto(file: Blob): Promise<Image> {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const { width, height } = fitWithin(bitmap.width, bitmap.height);
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  canvas.getContext("2d")!.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return imageOf(canvas, "image/jpeg", QUALITY);
}

/** What was drawn on a canvas. */
export async function imageOf(
  canvas: HTMLCanvasElement,
  type: "image/jpeg" | "image/png",
  quality?: number,
): Promise<Image> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality));
  if (blob === null) throw new Error("The browser could not write the image.");
  return { image: await blob.arrayBuffer(), media_type: type };
}
