#include "core/classic/digit_images.h"

#include <algorithm>

#include "core/classic/counter_random.h"

namespace core::classic {

namespace {

constexpr int kColumns = 5, kRows = 7;
/// Rows from the top, as bits: 16 is the left cell.
constexpr std::uint8_t kGlyphs[kDigitClasses][kRows] = {
    {14, 17, 19, 21, 25, 17, 14}, {4, 12, 4, 4, 4, 4, 14},    {14, 17, 1, 2, 4, 8, 31},   {31, 2, 4, 2, 1, 17, 14},
    {2, 6, 10, 18, 31, 2, 2},     {31, 16, 30, 1, 1, 17, 14}, {6, 8, 16, 30, 17, 17, 14}, {31, 1, 2, 4, 8, 8, 8},
    {14, 17, 17, 14, 17, 17, 14}, {14, 17, 17, 15, 1, 2, 12}};

constexpr std::uint64_t kParameters = 9;  ///< draws before those of the pixels
constexpr std::uint64_t kNoiseDraws = 3;  ///< of a pixel

std::int64_t cell(std::uint32_t digit, std::int64_t row, std::int64_t column) {
  if (row < 0 || row >= kRows || column < 0 || column >= kColumns) return 0;
  return kGlyphs[digit][row] >> (kColumns - 1 - column) & 1;
}

/// How much of a pixel the glyph covers, 0 … 256: linear between four cells.
/// @param u, v where it lies, in 1/256 cells from the middle of the glyph's first cell
std::int64_t coverage(std::uint32_t digit, std::int64_t u, std::int64_t v) {
  const std::int64_t column = u >> 8, row = v >> 8, right = u & 255, down = v & 255;
  return ((256 - down) * ((256 - right) * cell(digit, row, column) + right * cell(digit, row, column + 1)) +
          down * ((256 - right) * cell(digit, row + 1, column) + right * cell(digit, row + 1, column + 1))) >>
         8;
}

}  // namespace

std::vector<float> DigitImage::values() const {
  std::vector<float> out(pixels.size());
  std::ranges::transform(pixels, out.begin(), [](std::uint8_t pixel) { return static_cast<float>(pixel) / 255.0F; });
  return out;
}

DigitImage drawDigit(std::uint64_t seed, std::uint64_t index) {
  const CounterRandom random(seed, index);
  DigitImage image;
  image.label = static_cast<std::uint32_t>(random.between(0, 0, kDigitClasses - 1));
  const std::int64_t step = random.between(1, 128, 180);  // 1/256 cells a pixel
  const std::int64_t slant = random.between(2, -56, 56), tilt = random.between(3, -36, 36);
  const std::int64_t right = random.between(4, -320, 320), down = random.between(5, -320, 320);  // 1/256 pixels
  const std::int64_t paper = random.between(6, 0, 64), ink = random.between(7, 130, 255);
  const std::int64_t grain = random.between(8, 12, 60);
  constexpr std::int64_t kSide = kDigitSide;
  for (std::int64_t at = 0; at < kSide * kSide; ++at) {
    const std::int64_t x = (at % kSide) * 256 + 128 - kSide * 128 - right;
    const std::int64_t y = (at / kSide) * 256 + 128 - kSide * 128 - down;
    const std::int64_t u = ((step * x + slant * y) >> 8) + (kColumns - 1) * 128;
    const std::int64_t v = ((tilt * x + step * y) >> 8) + (kRows - 1) * 128;
    std::int64_t noise = 0;
    for (std::uint64_t k = 0; k < kNoiseDraws; ++k)
      noise += random.between(kParameters + static_cast<std::uint64_t>(at) * kNoiseDraws + k, -256, 256);
    const std::int64_t value = paper + ((ink - paper) * coverage(image.label, u, v) >> 8) + (grain * noise >> 8);
    image.pixels[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(std::clamp<std::int64_t>(value, 0, 255));
  }
  return image;
}

}  // namespace core::classic
