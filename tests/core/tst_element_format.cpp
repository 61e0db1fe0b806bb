// The number format of a stored type's elements, against what decodes them.
#include <QtTest>

#include <bit>
#include <cmath>
#include <cstring>

#include "core/numeric/codec.h"
#include "core/quant/element_format.h"
#include "core/quant/quantizer.h"

using namespace core;

class TestElementFormat : public QObject {
  Q_OBJECT

 private slots:
  void everyCodeIsTheNumberThatIsDecoded() {
    int formats = 0;
    for (const auto& dtype : tensor::allDTypes()) {
      const auto id = quant::elementFormat(dtype.dtype);
      if (!id) continue;
      ++formats;
      const numeric::NumberFormat& format = numeric::numberFormat(*id);
      QCOMPARE(format.bits, 8 * dtype.blockBytes);
      QVERIFY(quant::isDecodable(dtype.dtype));
      // All codes of 16 bits; of wider formats as many, spread over all bits.
      const std::uint64_t step = format.bits <= 16 ? 1 : (format.codeMask() >> 16) | 1;
      for (std::uint64_t i = 0; i < (std::uint64_t{1} << std::min(format.bits, 16U)); ++i) {
        const std::uint64_t code = i * step;
        const tensor::TensorView view{
            "code", dtype.dtype, {1}, std::as_bytes(std::span(&code, 1)).first(dtype.blockBytes), nullptr};
        float decoded = 0;
        quant::decode(view, 0, 1, &decoded);
        const auto expected = static_cast<float>(numeric::decode(format, code));
        QVERIFY2(decoded == expected || (std::isnan(decoded) && std::isnan(expected)), dtype.name.data());
      }
    }
    QCOMPARE(formats, 8);
  }

  void otherTypesHaveNone() {
    using tensor::DType;
    for (const DType dtype : {DType::I16, DType::U16, DType::I32, DType::I64, DType::Bool, DType::Q8_0, DType::MXFP4})
      QVERIFY(!quant::elementFormat(dtype));
  }
};

QTEST_GUILESS_MAIN(TestElementFormat)
#include "tst_element_format.moc"
