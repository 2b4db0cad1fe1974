/**
 * A photo as it is sent: its pixels as JPEG, small enough for a shop's network. What the camera wrote into the file,
 * such as where it was, stays on the device.
 */
const MOST_PX = 1_600
const QUALITY = 0.8

/** In base64; undefined: it is no picture that the browser knows. */
export async function photoText(file: File): Promise<string | undefined> {
  const picture = await createImageBitmap(file).catch(() => undefined)
  if (picture === undefined) return undefined
  const scale = Math.min(1, MOST_PX / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  return canvas.toDataURL('image/jpeg', QUALITY).split(',')[1]
}
