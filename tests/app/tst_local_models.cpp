// The models on this computer: where programs keep them, what is found there, whether it runs, and the start page and
// palette that list it.
#include <QAbstractButton>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "app/jobs/job_runner.h"
#include "app/selection/local_models.h"
#include "app/session/demo_model.h"
#include "app/shell/main_window.h"
#include "app/shell/palette_model.h"

using namespace app;
namespace fs = std::filesystem;

namespace {

/// Processor time of the calling thread, in milliseconds.
double threadMilliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

void write(const fs::path& file, std::size_t bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << std::string(bytes, 'x');
}

/// So many days ago.
void age(const fs::path& file, int days) {
  fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(24 * days));
}

}  // namespace

class TestLocalModels : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;
  int m_homes = 0;

  /// A home folder of its own, and no variable that leads out of it.
  fs::path newHome() {
    const fs::path home = m_folder.filePath(QString::number(++m_homes)).toStdString();
    fs::create_directories(home);
    qputenv("HOME", QByteArray::fromStdString(home.string()));
    for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME",
                             "XDG_CONFIG_HOME", "OLLAMA_MODELS", "JAN_DATA_FOLDER", "LLAMA_CACHE"})
      qunsetenv(name);
    return home;
  }

  static std::vector<std::string> names(const std::vector<FoundModel>& models) {
    std::vector<std::string> names;
    for (const auto& model : models) names.push_back(model.origin + ": " + model.name);
    return names;
  }

  static fs::path demo() { return builtInModelPath("demo"); }

 private Q_SLOTS:
  void initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setApplicationName(QStringLiteral("quantscope-test"));
    QCoreApplication::setOrganizationName(QStringLiteral("quantscope-test"));
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder.path());
  }

  void everyProgramsModelsAreFound() {
    const fs::path home = newHome(), hub = home / ".cache/huggingface/hub";
    write(hub / "models--Org--Name/snapshots/abc/model-00001-of-00002.safetensors", 300);
    write(hub / "models--Org--Name/snapshots/abc/model-00002-of-00002.safetensors", 200);
    write(hub / "models--Org--Files/snapshots/abc/q4.gguf", 100);
    write(hub / "models--Org--Files/snapshots/abc/BF16/big-00002-of-00002.gguf", 30);
    write(hub / "models--Org--Files/snapshots/abc/BF16/big-00001-of-00002.gguf", 20);
    write(hub / "datasets--Org--Data/snapshots/abc/x.safetensors", 900);
    write(hub / "models--Org--Files/blobs/123.incomplete", 900);
    write(home / ".lmstudio/models/pub/repo/model.Q4_K_M.gguf", 400);
    write(home / ".lmstudio/models/pub/repo/mmproj-model.gguf", 800);
    write(home / ".lmstudio/models/pub/mlx/model.safetensors", 70);
    write(home / ".local/share/Jan/data/llamacpp/models/author/some-model/model.gguf", 60);
    write(home / ".config/Jan/data/models/old-model/old.gguf", 50);
    write(home / ".cache/llama.cpp/org_repo_q8.gguf", 40);
    fs::create_symlink(hub / "models--Org--Files/snapshots/abc/q4.gguf", home / ".lmstudio/models/pub/repo/again.gguf");
    fs::create_symlink(home / "nowhere", home / ".lmstudio/models/pub/repo/gone.gguf");
    fs::create_directory_symlink(home / ".lmstudio/models", home / ".lmstudio/models/pub/loop");
    age(home / ".config/Jan/data/models/old-model/old.gguf", 30);
    age(home / ".local/share/Jan/data/llamacpp/models/author/some-model/model.gguf", -1);
    const auto found = findModels(ModelPlaces::ofThisUser());
    auto listed = names(found);
    QCOMPARE(listed.front(), std::string("Jan: author/some-model"));
    QCOMPARE(listed.back(), std::string("Jan: old"));
    std::ranges::sort(listed);
    QString text;
    for (const std::string& name : listed) text += QString::fromStdString(name) + u'|';
    QCOMPARE(text, QStringLiteral("Hugging Face: Org/Files/big|Hugging Face: Org/Files/q4|Hugging Face: Org/Name|"
                                  "Jan: author/some-model|Jan: old|LM Studio: model.Q4_K_M|LM Studio: pub/mlx|"
                                  "llama.cpp: org_repo_q8|"));
    for (const auto& model : found) {
      if (model.name == "Org/Name") QCOMPARE(model.bytes, std::uint64_t{500});
      if (model.name != "Org/Files/big") continue;
      QCOMPARE(model.bytes, std::uint64_t{50});
      QVERIFY(model.source.ends_with("big-00001-of-00002.gguf"));
    }
  }

  void settingsAndVariablesLead() {
    const fs::path home = newHome();
    write(home / "elsewhere/a/b/one.gguf", 10);
    write(home / "data/llamacpp/models/two/model.gguf", 10);
    write(home / "hub/models--three/snapshots/x/model.safetensors", 10);
    fs::create_directories(home / "studio");
    fs::create_directories(home / ".local/share/Jan");
    std::ofstream(home / ".lmstudio-home-pointer") << (home / "studio").string() << "\n";
    std::ofstream(home / "studio/settings.json")
        << "{\"downloadsFolder\": \"" << (home / "elsewhere").string() << "\"}";
    std::ofstream(home / ".local/share/Jan/settings.json")
        << "{\"data_folder\": \"" << (home / "data").string() << "\"}";
    qputenv("HF_HOME", QByteArray::fromStdString(home.string()));
    auto found = names(findModels(ModelPlaces::ofThisUser()));
    std::ranges::sort(found);
    QCOMPARE(found, (std::vector<std::string>{"Hugging Face: three", "Jan: two", "LM Studio: one"}));
    // Damaged settings say nothing.
    for (const char* damaged : {"", "[", "{\"downloadsFolder\": 3, \"data_folder\": []}", "\xff\xfe"}) {
      std::ofstream(home / "studio/settings.json") << damaged;
      std::ofstream(home / ".local/share/Jan/settings.json") << damaged;
      QCOMPARE(names(findModels(ModelPlaces::ofThisUser())), std::vector<std::string>{"Hugging Face: three"});
    }
  }

  void verdictsSayWhy() {
    const fs::path home = newHome();
    const auto judge = [](const fs::path& path, std::uint64_t memory = std::uint64_t{1} << 40) {
      return judgeModel({path.string(), path.filename().string(), "", 1, 0}, memory);
    };
    const ModelVerdict fits = judge(demo());
    QCOMPARE(nameOf(fits.runs), std::string_view("yes"));
    QVERIFY(fits.why.empty() && shortly(fits).empty());
    QVERIFY(fits.memory > static_cast<double>(fs::file_size(demo())) * 0.9);
    QVERIFY(fits.parameters > 1'000'000);
    QCOMPARE(fits.architecture, std::string("llama"));
    const ModelVerdict large = judge(demo(), 1U << 20U);
    QCOMPARE(nameOf(large.runs), std::string_view("too_large"));
    QVERIFY(large.why.find("1 MiB are free") != std::string::npos ||
            large.why.find("1.00 MiB are free") != std::string::npos);
    const fs::path architectures = fs::path(QS_TEST_DATA) / "architectures";
    for (const char* name : {"gemma3.gguf", "gemma3-folder", "qwen3-folder"})
      QCOMPARE(nameOf(judge(architectures / name).runs), std::string_view("yes"));
    QCOMPARE(judge(architectures / "qwen3-folder").type, std::string("F32"));
    write(home / "broken.gguf", 100);
    const ModelVerdict broken = judge(home / "broken.gguf");
    QCOMPARE(nameOf(broken.runs), std::string_view("broken"));
    QVERIFY(!broken.why.empty());
    // An architecture nobody knows.
    fs::copy(architectures / "qwen3-folder", home / "strange");
    std::ofstream(home / "strange/config.json") << R"({"model_type": "never_heard_of"})";
    const ModelVerdict strange = judge(home / "strange");
    QCOMPARE(nameOf(strange.runs), std::string_view("inspection"));
    QVERIFY(strange.why.find("never_heard_of") != std::string::npos);
  }

  // A folder with very many files is looked through beside the GUI thread.
  void twoThousandFilesDoNotHoldTheWindow() {
    const fs::path home = newHome(), models = home / ".lmstudio/models/pub";
    constexpr int kFiles = 2000;
    for (int i = 0; i < kFiles; ++i) {
      const fs::path file = models / ("repo" + std::to_string(i % 50)) / ("model" + std::to_string(i) + ".gguf");
      write(file, 16);
      age(file, i);
    }
    JobRunner jobs;
    LocalModels local(jobs);
    double worst = 0, last = threadMilliseconds();
    QTimer beat;
    connect(&beat, &QTimer::timeout, this, [&] {
      const double now = threadMilliseconds();
      worst = std::max(worst, now - last);
      last = now;
    });
    beat.start(0);
    local.scan();
    const auto isJudged = [&] {
      return local.entries().size() == kFiles &&
             std::ranges::all_of(local.entries(), [](const auto& entry) { return entry.verdict.has_value(); });
    };
    QTRY_VERIFY_WITH_TIMEOUT(isJudged(), 60000);
    QVERIFY2(worst < 100, qPrintable(QString::number(worst)));
    QCOMPARE(local.entries().front().model.name, std::string("model0"));
    QCOMPARE(nameOf(local.entries().front().verdict->runs), std::string_view("broken"));
    // Looking again asks nothing anew.
    local.scan();
    QTRY_VERIFY(!jobs.isActive(QStringLiteral("models/find")));
    QVERIFY(isJudged());
    QVERIFY(!jobs.isActive(QStringLiteral("models/judge")));
  }

  void theStartPageAndThePaletteListThem() {
    const fs::path home = newHome(), models = home / ".lmstudio/models/pub/repo";
    fs::create_directories(models);
    fs::copy(demo(), models / "Tiny.Q8_0.gguf");
    write(models / "half.gguf", 100);
    age(models / "half.gguf", 3);
    for (int i = 0; i < 45; ++i) {
      write(models / ("old" + std::to_string(i) + ".gguf"), 10);
      age(models / ("old" + std::to_string(i) + ".gguf"), 10 + i);
    }
    MainWindow window;
    window.show();
    const auto button = [&](const QString& name) -> QAbstractButton* {
      for (auto* found : window.findChildren<QAbstractButton*>())
        if (found->accessibleName() == name && found->isVisible()) return found;
      return nullptr;
    };
    QTRY_VERIFY(button(QStringLiteral("half")));
    QTRY_VERIFY(button(QStringLiteral("half"))->accessibleDescription().contains(QStringLiteral("does not open")));
    QVERIFY(button(QStringLiteral("Tiny.Q8_0"))->accessibleDescription().contains(QStringLiteral("LM Studio")));
    QVERIFY(!button(QStringLiteral("old44")));  // the list is not endless
    // What the list has no room for is found by its name.
    window.openCommandPalette();
    auto* palette = window.findChild<QWidget*>(QStringLiteral("command-palette"));
    auto* field = palette->findChild<QLineEdit*>();
    QTest::keyClicks(field, QStringLiteral("old44"));
    QCOMPARE(palette->findChild<PaletteModel*>()->item(0).text, QStringLiteral("old44"));
    QTest::keyClick(field, Qt::Key_Escape);
    button(QStringLiteral("half"))->click();
    QTRY_VERIFY(window.errorText().contains(QStringLiteral("half.gguf")));
    button(QStringLiteral("Tiny.Q8_0"))->click();
    QTRY_VERIFY(window.selection().model());
    QVERIFY(!window.selection().model()->whyCannotChat());
  }
};

QTEST_MAIN(TestLocalModels)
#include "tst_local_models.moc"
