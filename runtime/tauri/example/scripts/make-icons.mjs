// SPDX-License-Identifier: BSD-3-Clause
// Draws the icons of the application: two roles, linked, on a rounded square.
import { writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';

const samples = 4; // per pixel and direction

const circle = (x, y, centre, radius) => Math.hypot(x - centre[0], y - centre[1]) - radius;

/** The distance to a rounded square around the middle of the unit square. */
function square(x, y, half, radius) {
  const dx = Math.abs(x - 0.5) - half + radius;
  const dy = Math.abs(y - 0.5) - half + radius;
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - radius;
}

function segment(x, y, [ax, ay], [bx, by], width) {
  const along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2);
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay)) - width;
}

const overseer = [0.34, 0.36];
const implementation = [0.66, 0.64];

function colour(x, y) {
  if (square(x, y, 0.46, 0.12) > 0) return [0, 0, 0, 0];
  if (circle(x, y, implementation, 0.085) < 0) return [94, 234, 212, 255];
  if (circle(x, y, overseer, 0.15) < 0) return [255, 255, 255, 255];
  if (Math.abs(circle(x, y, implementation, 0.125)) < 0.025) return [255, 255, 255, 255];
  if (segment(x, y, overseer, implementation, 0.03) < 0 && circle(x, y, implementation, 0.125) > 0)
    return [255, 255, 255, 255];
  return [67 - 30 * y, 56 + 20 * x, 150 + 50 * (1 - y), 255];
}

function png(size) {
  const rows = Buffer.alloc((size * 4 + 1) * size);
  for (let row = 0; row < size; ++row)
    for (let column = 0; column < size; ++column) {
      const sum = [0, 0, 0, 0];
      for (let i = 0; i < samples * samples; ++i) {
        const x = (column + ((i % samples) + 0.5) / samples) / size;
        const y = (row + (Math.floor(i / samples) + 0.5) / samples) / size;
        const [red, green, blue, alpha] = colour(x, y);
        [red * alpha, green * alpha, blue * alpha, alpha].forEach((part, at) => (sum[at] += part));
      }
      const alpha = sum[3];
      const at = row * (size * 4 + 1) + 1 + column * 4;
      for (let part = 0; part < 3; ++part)
        rows[at + part] = alpha ? Math.round(sum[part] / alpha) : 0;
      rows[at + 3] = Math.round(alpha / samples ** 2);
    }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8); // 8 bits, RGBA
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** An icon for Windows with one picture. */
function ico(picture) {
  const header = Buffer.alloc(22);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(1, 4);
  header.writeUInt16LE(1, 10);
  header.writeUInt16LE(32, 12);
  header.writeUInt32LE(picture.length, 14);
  header.writeUInt32LE(header.length, 18);
  return Buffer.concat([header, picture]);
}

const folder = new URL('../src-tauri/icons/', import.meta.url);
const large = png(256);
writeFileSync(new URL('icon.png', folder), large);
writeFileSync(new URL('icon.ico', folder), ico(large));
