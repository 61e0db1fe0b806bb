#include "core/numeric/code_books.h"

#include <array>

namespace core::numeric {

namespace {

constexpr std::array<float, 16> kNf4 = {
    -1.0F,         -0.696192801F, -0.525073051F, -0.394917488F, -0.284441382F, -0.18477343F, -0.0910500363F, 0.0F,
    0.0795802996F, 0.160930201F,  0.246112302F,  0.337915242F,  0.440709829F,  0.562617004F, 0.722956836F,   1.0F};

// Code = sign bit and a 3-bit pattern; the magnitudes are twelfths of 1/16, 8, 12, 4, 6, 2, 3.
constexpr std::array<float, 16> kFp4 = {0.0F,         1.0F / 192.0F, 2.0F / 3.0F,  1.0F,           1.0F / 3.0F,  0.5F,
                                        1.0F / 6.0F,  0.25F,         0.0F,         -1.0F / 192.0F, -2.0F / 3.0F, -1.0F,
                                        -1.0F / 3.0F, -0.5F,         -1.0F / 6.0F, -0.25F};

// Decade i of the dynamic map holds 2^i midpoints of a linear division of [0.1, 1], times 10^(i-6). The reference
// computes them in float32, partly with fused steps, so single values differ from the formula by an ulp or two.
// Files are decoded with the reference's values; the test holds this table against the formula.
constexpr std::array<float, 127> kDynamicPositive = {
    // decade 10^-6
    5.50000038e-07F,
    // decade 10^-5
    3.25000019e-06F,
    7.7499999e-06F,
    // decade 10^-4
    2.12499981e-05F,
    4.37499984e-05F,
    6.62500024e-05F,
    8.87499991e-05F,
    // decade 10^-3
    0.000156250011F,
    0.000268750038F,
    0.000381250022F,
    0.000493750034F,
    0.000606250076F,
    0.00071875006F,
    0.000831249985F,
    0.000943750085F,
    // decade 10^-2
    0.00128124992F,
    0.00184375001F,
    0.00240624999F,
    0.00296874996F,
    0.00353124971F,
    0.00409374991F,
    0.00465624966F,
    0.00521875033F,
    0.00578125007F,
    0.00634374982F,
    0.00690625003F,
    0.00746874977F,
    0.00803124998F,
    0.00859375019F,
    0.00915624946F,
    0.00971874967F,
    // decade 10^-1
    0.0114062503F,
    0.0142187504F,
    0.0170312505F,
    0.0198437497F,
    0.0226562507F,
    0.0254687499F,
    0.0282812472F,
    0.0310937501F,
    0.0339062475F,
    0.0367187522F,
    0.0395312496F,
    0.0423437469F,
    0.0451562516F,
    0.047968749F,
    0.05078125F,
    0.053593751F,
    0.0564062484F,
    0.0592187531F,
    0.0620312467F,
    0.0648437515F,
    0.0676562563F,
    0.0704687461F,
    0.0732812509F,
    0.0760937482F,
    0.078906253F,
    0.0817187428F,
    0.0845312476F,
    0.0873437524F,
    0.0901562497F,
    0.0929687545F,
    0.0957812443F,
    0.0985937491F,
    // decade 10^0
    0.107031256F,
    0.12109375F,
    0.135156244F,
    0.149218753F,
    0.163281247F,
    0.177343741F,
    0.19140625F,
    0.205468744F,
    0.219531253F,
    0.233593762F,
    0.247656256F,
    0.26171875F,
    0.275781274F,
    0.289843738F,
    0.303906262F,
    0.317968726F,
    0.33203125F,
    0.346093714F,
    0.360156238F,
    0.374218762F,
    0.388281226F,
    0.40234375F,
    0.416406214F,
    0.430468738F,
    0.444531262F,
    0.458593726F,
    0.47265625F,
    0.486718774F,
    0.500781238F,
    0.514843762F,
    0.528906226F,
    0.54296875F,
    0.557031274F,
    0.571093798F,
    0.585156262F,
    0.599218726F,
    0.61328125F,
    0.627343774F,
    0.641406238F,
    0.655468762F,
    0.669531286F,
    0.68359375F,
    0.697656274F,
    0.711718798F,
    0.725781262F,
    0.739843786F,
    0.75390625F,
    0.767968774F,
    0.782031238F,
    0.796093702F,
    0.810156226F,
    0.82421875F,
    0.838281214F,
    0.852343738F,
    0.866406202F,
    0.880468726F,
    0.89453125F,
    0.908593774F,
    0.922656238F,
    0.936718702F,
    0.950781226F,
    0.96484375F,
    0.978906214F,
    0.992968738F,
};

std::array<float, 256> mirrored() {
  std::array<float, 256> map{};
  for (std::size_t i = 0; i < kDynamicPositive.size(); ++i) {
    map[126 - i] = -kDynamicPositive[i];
    map[128 + i] = kDynamicPositive[i];
  }
  map[255] = 1.0F;
  return map;
}

std::array<float, 256> unsignedMap() {
  std::array<float, 256> map{};
  std::size_t next = 1;  // map[0] is 0
  double power = 1e-6;
  for (std::size_t i = 0; i < 7; ++i, power *= 10.0) {
    const std::size_t parts = std::size_t{2} << i;
    const double width = 0.9 / static_cast<double>(parts);
    for (std::size_t part = 0; part < parts; ++part)
      map[next++] = static_cast<float>(power * (0.1 + (static_cast<double>(part) + 0.5) * width));
  }
  map[next] = 1.0F;
  return map;
}

}  // namespace

std::span<const float> nf4CodeBook() { return kNf4; }

std::span<const float> fp4CodeBook() { return kFp4; }

std::span<const float> dynamicMapUnsigned() {
  static const std::array<float, 256> map = unsignedMap();
  return map;
}

std::span<const float> dynamicMapSigned() {
  static const std::array<float, 256> map = mirrored();
  return map;
}

}  // namespace core::numeric
