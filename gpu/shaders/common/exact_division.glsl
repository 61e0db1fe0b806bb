// The bits of a / b rounded to nearest even, which GLSL leaves open by 2.5 ulp: long division of the fractions.
// @param a, b bits of positive normal numbers whose quotient is one
uint dividedBits(uint a, uint b) {
  const uint divisor = (b & 0x7FFFFFu) | 0x800000u;
  uint rest = (a & 0x7FFFFFu) | 0x800000u, quotient = 0;  // below 2^24
  for (int i = 0; i < 26; ++i) {
    quotient <<= 1;
    if (rest >= divisor) {
      rest -= divisor;
      quotient |= 1;
    }
    rest <<= 1;
  }
  // The quotient of two fractions is above 1/2 and below 2: 25 or 26 bits of it, of which 24 stay.
  const int dropped = quotient >= (1u << 25) ? 2 : 1;
  const uint middle = 1u << (dropped - 1), tail = quotient & ((1u << dropped) - 1);
  uint fraction = quotient >> dropped;
  if (tail > middle || (tail == middle && (rest != 0 || (fraction & 1u) != 0))) ++fraction;  // 2^24 carries by itself
  const uint exponent = (a >> 23) + 127 - (b >> 23) - (dropped == 2 ? 0 : 1);
  return (exponent << 23) + fraction - 0x800000u;
}
