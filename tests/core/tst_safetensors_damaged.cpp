// A damaged safetensors file opens or is refused with a sentence: no crash, no allocation beyond the size of the file.
#include <QTest>

#include "core/io/safetensors.h"
#include "damaged_files.h"

namespace {

FileBytes validFile() {
  return FileBytes::safetensors(
      R"({"__metadata__":{"format":"pt","made_by":"a test of truncation"},)"
      R"("model.layers.0.self_attn.q_proj.weight":{"dtype":"BF16","shape":[4,8],"data_offsets":[0,64]},)"
      R"("model.norm.weight":{"dtype":"F32","shape":[8],"data_offsets":[64,96]},)"
      R"("größe":{"dtype":"I64","shape":[],"data_offsets":[96,104]}}   )",
      104);
}

const OpenFunction kOpen = [](std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  return core::io::parseSafetensors(bytes, std::move(owner), "damaged.safetensors");
};

}  // namespace

class TestSafetensorsDamaged : public QObject {
  Q_OBJECT
 private slots:
  void theIntactFileOpens();
  void everyTruncationIsRefused() { checkEveryTruncation(kOpen, validFile().bytes()); }
  void everyByteFlip();
  void lyingNumbersAllocateNothing();
};

void TestSafetensorsDamaged::theIntactFileOpens() {
  const FileBytes file = validFile();
  QVERIFY(openDamaged(kOpen, file.bytes(), mostAtOnce(file.bytes()), "intact") == Outcome::Opened);
}

void TestSafetensorsDamaged::everyByteFlip() {
  const std::size_t refused = countRefusedByteFlips(kOpen, validFile().bytes());
  QVERIFY2(refused > 800, std::to_string(refused).c_str());
}

void TestSafetensorsDamaged::lyingNumbersAllocateNothing() {
  for (const std::uint64_t claimed : {99'999'999ULL, 1ULL << 31, 1ULL << 40, 1ULL << 63, ~0ULL}) {
    const FileBytes file = FileBytes().u64(claimed).raw("{}");
    QVERIFY(openDamaged(kOpen, file.bytes(), 1024, std::to_string(claimed)) == Outcome::Refused);
    const std::string number = std::to_string(claimed);
    const FileBytes tensor = FileBytes::safetensors(
        "{\"w\":{\"dtype\":\"U8\",\"shape\":[" + number + "],\"data_offsets\":[0," + number + "]}}", 64);
    QVERIFY(openDamaged(kOpen, tensor.bytes(), 1024, number) == Outcome::Refused);
  }
}

QTEST_GUILESS_MAIN(TestSafetensorsDamaged)
#include "tst_safetensors_damaged.moc"
