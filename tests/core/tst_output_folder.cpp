// Folders that appear whole or not at all, and safetensors files in several parts.
#include <sys/stat.h>

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>
#include <array>
#include <fstream>
#include <optional>

#include "core/io/output_folder.h"
#include "core/io/safetensors_shards.h"
#include "model_folder_builder.h"

using core::ErrorCode;
using core::io::InputFiles;
using core::io::OutputFolder;
using core::tensor::DType;
using core::tensor::Shape;

class TestOutputFolder : public QObject {
  Q_OBJECT

 private:
  std::optional<ModelFolder> m_folder;

  QStringList names(const std::string& inside = {}) const {
    return QDir(QString::fromStdString(m_folder->path(inside).string()))
        .entryList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
  }
  static std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }
  std::string contents(const std::string& name) const {
    std::ifstream file(m_folder->path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  QString refusal(const std::filesystem::path& target, ErrorCode code, const InputFiles& inputs = {}) const {
    return ModelFolder::refused([&] { const OutputFolder folder(target, inputs); }, code);
  }

 private slots:
  void init() { m_folder.emplace(); }

  void itAppearsWhole_data() {
    QTest::addColumn<QString>("name");
    QTest::newRow("a new name") << QStringLiteral("new");
    QTest::newRow("with a slash") << QStringLiteral("new/");
    QTest::newRow("an empty folder") << QStringLiteral("empty");
    QTest::newRow("a link to one") << QStringLiteral("link");
  }
  void itAppearsWhole() {
    QFETCH(QString, name);
    std::filesystem::create_directory(m_folder->path("empty"));
    std::filesystem::create_directory_symlink("empty", m_folder->path("link"));
    const QStringList before = names();
    {
      OutputFolder folder(m_folder->path(name.toStdString()), {});
      auto file = folder.file("weights");
      file.write(bytes("some"));
      folder.write("settings", bytes("all of them"));
      file.write(bytes(" more"));
      file.commit();
      folder.commit();
    }
    const std::string made = QString(name).remove(u'/').toStdString();
    QCOMPARE(names(made), (QStringList{QStringLiteral("settings"), QStringLiteral("weights")}));
    QCOMPARE(contents(made + "/weights"), std::string("some more"));
    QCOMPARE(contents(made + "/settings"), std::string("all of them"));
    QCOMPARE(names().size(), before.size() + (before.contains(QString::fromStdString(made)) ? 0 : 1));
    QVERIFY(QFileInfo(QString::fromStdString(m_folder->path("link").string())).isSymLink());
    struct stat status {};
    QVERIFY(::stat(m_folder->path(made + "/weights").c_str(), &status) == 0);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    QCOMPARE(status.st_mode & 07777U, 0666U & ~mask);
  }

  void withoutCommitNothingIsLeft() {
    {
      OutputFolder folder(m_folder->path("new"), {});
      folder.write("weights", bytes("some"));
    }
    QCOMPARE(names(), QStringList());
  }

  void whatCannotBeOneIsASentence() {
    m_folder->write("file", "x");
    m_folder->write("full/model.safetensors", "weights");
    std::filesystem::create_symlink("nowhere", m_folder->path("dangling"));
    const QStringList before = names();
    const auto says = [&](const std::string& name, ErrorCode code, const char* part) {
      const QString sentence = refusal(m_folder->path(name), code);
      QVERIFY2(sentence.contains(QLatin1String(part)), qPrintable(sentence));
    };
    says("file", ErrorCode::Io, "it is a file");
    says("full", ErrorCode::Io, "not empty");
    says("dangling", ErrorCode::InvalidArgument, "leads nowhere");
    says("none/new", ErrorCode::NotFound, "No such file");
    says("file/new", ErrorCode::Io, "Not a directory");
    QVERIFY(refusal("", ErrorCode::InvalidArgument).contains(QLatin1String("empty")));
    QVERIFY(refusal("-", ErrorCode::InvalidArgument).contains(QLatin1String("standard output")));
    InputFiles inputs;
    inputs.add(m_folder->path("full/model.safetensors"), "the model itself");
    inputs.add(m_folder->path("file"), "the calibration text");
    QVERIFY(refusal(m_folder->path("full"), ErrorCode::InvalidArgument, inputs)
                .contains(QLatin1String("holds the model itself")));
    QVERIFY(refusal(m_folder->path("file"), ErrorCode::InvalidArgument, inputs)
                .contains(QLatin1String("calibration text")));
    QCOMPARE(names(), before);
    QCOMPARE(contents("full/model.safetensors"), std::string("weights"));
  }

  void aFolderThatFilledUpMeanwhileStays() {
    std::filesystem::create_directory(m_folder->path("new"));
    {
      OutputFolder folder(m_folder->path("new"), {});
      folder.write("weights", bytes("some"));
      m_folder->write("new/mine", "mine");
      QVERIFY(ModelFolder::refused([&] { folder.commit(); }, ErrorCode::Io).contains(QLatin1String("not empty")));
    }
    QCOMPARE(names(), QStringList{QStringLiteral("new")});
    QCOMPARE(names("new"), QStringList{QStringLiteral("mine")});
  }

  /// Every tensor begins where its elements may, whatever lies before it, and has its bytes.
  void shardsAreAligned() {
    struct Tensor {
      std::string name;
      DType dtype;
      Shape shape;
      std::vector<std::byte> bytes;
    };
    std::vector<Tensor> tensors;
    const auto add = [&](const char* name, DType dtype, Shape shape) {
      const auto size = *core::tensor::storageBytes(dtype, shape);
      std::vector<std::byte> values(size);
      for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<std::byte>(tensors.size() * 31 + i);
      tensors.push_back({name, dtype, std::move(shape), std::move(values)});
    };
    add("flag", DType::U8, {});
    add("wide", DType::F32, {4, 2});
    add("odd", DType::I8, {3, 5});
    add("none", DType::F32, {0, 4});
    add("scale", DType::F32, {1});
    add("shape", DType::I64, {2});
    add("half", DType::F16, {3});
    add("codes", DType::U8, {16});
    for (const bool isSplit : {false, true}) {
      std::vector<core::io::SplitPart> parts = {{0, 8, 0}};
      if (isSplit) parts = {{0, 3, 0}, {3, 2, 0}, {5, 3, 0}};
      std::vector<core::io::OutputFile> files;
      for (std::size_t i = 0; i < parts.size(); ++i)
        files.emplace_back(m_folder->path(std::to_string(isSplit) + std::to_string(i) + ".safetensors"));
      core::io::SafetensorsShards writer(std::move(files), parts);
      writer.addMetadata("format", "pt");
      for (const Tensor& tensor : tensors) writer.declareTensor(tensor.name, tensor.dtype, tensor.shape);
      for (const Tensor& tensor : tensors) writer.append(tensor.bytes);
      writer.finish();
      for (std::size_t part = 0; part < parts.size(); ++part) {
        const auto opened =
            core::io::openCheckpoint(m_folder->path(std::to_string(isSplit) + std::to_string(part) + ".safetensors"));
        QCOMPARE(opened->tensors().size(), parts[part].count);
        for (std::size_t i = parts[part].first; i < parts[part].first + parts[part].count; ++i) {
          const auto& info = opened->tensors()[opened->find(tensors[i].name).value()];
          QVERIFY2(info.offset % core::tensor::info(info.dtype).blockBytes == 0, info.name.c_str());
          QCOMPARE(info.shape, tensors[i].shape);
          const auto view = opened->view(tensors[i].name);
          QVERIFY(std::ranges::equal(view.bytes, tensors[i].bytes));
        }
      }
    }
  }
};

QTEST_GUILESS_MAIN(TestOutputFolder)
#include "tst_output_folder.moc"
