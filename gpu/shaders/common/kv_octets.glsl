// Eight elements of a key or value of one position. Needs kvKind.
struct Octet {
  vec4 low, high;  // elements 0 … 3 and 4 … 7
};

// @param isSecond of bytes: which octet of the quad
Octet octetOf(uvec4 first, uvec4 second, bool isSecond) {
  if (kvKind == kKvBytes)
    return Octet(bytesOfWord(isSecond ? first.z : first.x), bytesOfWord(isSecond ? first.w : first.y));
  if (kvKind == kKvFloats) return Octet(uintBitsToFloat(first), uintBitsToFloat(second));
  return Octet(vec4(unpackHalf2x16(first.x), unpackHalf2x16(first.y)),
               vec4(unpackHalf2x16(first.z), unpackHalf2x16(first.w)));
}

// Where an octet of a head lies, in quads from the head's first.
uint octetQuad(uint octet) { return kvKind == kKvBytes ? octet / 2 : kvKind == kKvHalves ? octet : 2 * octet; }

// Bytes are yet to be multiplied by the scale of their row and head.
Octet loadKeyOctet(uint headQuad, uint octet) {
  const uint quad = headQuad + octetQuad(octet);
  return octetOf(loadKeyQuad(quad), kvKind == kKvFloats ? loadKeyQuad(quad + 1) : uvec4(0), (octet & 1) == 1);
}
Octet loadValueOctet(uint headQuad, uint octet) {
  const uint quad = headQuad + octetQuad(octet);
  return octetOf(loadValueQuad(quad), kvKind == kKvFloats ? loadValueQuad(quad + 1) : uvec4(0), (octet & 1) == 1);
}
