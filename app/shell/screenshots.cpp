#include "app/shell/screenshots.h"

#include <QApplication>
#include <QBuffer>
#include <QDialog>
#include <QDir>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QLineEdit>
#include <QTemporaryDir>
#include <QThread>
#include <cstdio>
#include <optional>
#include <tuple>

#include "app/lessons/lesson_player.h"
#include "app/selection/model_loader.h"
#include "app/shell/deep_model.h"
#include "app/shell/main_window.h"
#include "app/widgets/save_file.h"
#include "core/model/recipe/recipe_text.h"

namespace app {
namespace {

constexpr qint64 kPatienceMs = 120'000;

/// Runs the event loop until nothing is computed and everything is painted, or patience ends.
bool settle(MainWindow& window) {
  QElapsedTimer clock;
  clock.start();
  int quiet = 0;
  while (quiet < 12 && clock.elapsed() < kPatienceMs) {
    QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
    QThread::msleep(10);
    quiet = window.jobs().isIdle() ? quiet + 1 : 0;
  }
  return quiet >= 12;
}

bool save(QWidget& window, const QDir& folder, const QString& name) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  window.grab().save(&buffer, "PNG");
  const QString problem = saveFile(folder.filePath(name), bytes);
  if (!problem.isEmpty()) std::fprintf(stderr, "quantscope: %s\n", qPrintable(problem));
  return problem.isEmpty();
}

/// A dialog over the window, which is rejected afterwards.
bool photographDialog(MainWindow& window, const char* name, const QDir& folder, const QString& file) {
  settle(window);
  auto* dialog = window.findChild<QDialog*>(QLatin1String(name));
  if (dialog == nullptr) return true;  // it is not asked for this model
  const bool saved = save(*dialog, folder, file);
  dialog->reject();
  settle(window);
  return saved;
}

/// The schemes panel in use: a filter, and a scheme of one's own being typed. A small window shows it on demand.
bool photographPanel(MainWindow& window, const QDir& folder, const QString& file) {
  auto* words = window.findChild<QLineEdit*>(QStringLiteral("scheme-filter"));
  auto* own = window.findChild<QLineEdit*>(QStringLiteral("own-scheme"));
  const bool wasHidden = !words->isVisible();
  if (wasHidden) window.togglePanel();
  words->setText(QStringLiteral("4 bits"));
  own->setText(QStringLiteral("int4:group=48"));
  settle(window);
  const bool saved = save(window, folder, file);
  words->clear();
  own->clear();
  if (wasHidden) window.togglePanel();
  return saved;
}

/// Export, the list of schemes with a filter, and what is asked about a second model of the same tensors.
bool photographDialogs(MainWindow& window, const QDir& folder, const QString& prefix, const QString& suffix) {
  window.showWorkspace(QStringLiteral("layers"));
  window.selection().setCurrentRecipe(core::model::Recipe(core::model::FileType::Q4_K_M));
  window.exportModel();
  if (!photographDialog(window, "export-dialog", folder, prefix + QStringLiteral("export") + suffix)) return false;
  window.selection().setCurrentRecipe(core::quant::Scheme::parse("nf4"));
  if (!photographPanel(window, folder, prefix + QStringLiteral("schemes") + suffix)) return false;
  if (window.selection().model()->source() != "demo") return true;
  window.openModel(QStringLiteral("demo-smooth"));
  return photographDialog(window, "second-model", folder, prefix + QStringLiteral("second-model") + suffix);
}

/// The tabs of Quantize behind the first: blocks of 256 weights with scales of scales as bytes, the rest in 4 bits.
bool photographQuantize(MainWindow& window, const QDir& folder, const QString& prefix, const QString& suffix) {
  for (const char* tab : {"bytes", "curves", "clip", "sharing", "rivals"}) {
    const bool isBytes = QLatin1String(tab) == QLatin1String("bytes");
    window.openLink(QStringLiteral("quantscope://quantize?scheme=%1&show=%2")
                        .arg(isBytes ? QStringLiteral("q4_k") : QStringLiteral("int4"), QLatin1String(tab)));
    settle(window);
    if (!save(window, folder, prefix + QStringLiteral("quantize-") + QLatin1String(tab) + suffix)) return false;
  }
  window.openLink(QStringLiteral("quantscope://quantize?show=steps"));
  return true;
}

/// What Bits has beside the value of a number: its other views, and blocks.
bool photographBits(MainWindow& window, const QDir& folder, const QString& prefix, const QString& suffix) {
  const std::pair<const char*, const char*> views[] = {
      {"rounding", "quantscope://bits/bf16?text=0.1&view=rounding"},
      {"line", "quantscope://bits/fp8_e4m3?text=0.3&view=line"},
      {"chain", "quantscope://bits/bf16?text=1.00390626&chain=fp32,bf16&view=chain"},
      {"range", "quantscope://bits/fp8_e4m3?text=0.3&view=range"},
      {"tensor", "quantscope://bits/fp8_e4m3?text=0.3&view=tensor"},
      {"arithmetic", "quantscope://bits/fp64?text=0.1%2B0.2"},
      {"block", "quantscope://bits/block/q4_k"},
      {"block-nf4", "quantscope://bits/block/nf4:double=on?values=0.12 -0.05 0.31 0.45892 -0.87 0.02 1 -0.33"},
  };
  for (const auto& [name, link] : views) {
    window.openLink(QString::fromLatin1(link));
    settle(window);
    if (!save(window, folder, prefix + QStringLiteral("bits-") + QLatin1String(name) + suffix)) return false;
  }
  return true;
}

/// The other lab of Train, before a run.
bool photographQlora(MainWindow& window, const QDir& folder, const QString& file) {
  window.openLink(QStringLiteral("quantscope://train/qlora"));
  settle(window);
  const bool saved = save(window, folder, file);
  window.openLink(QStringLiteral("quantscope://train/qat"));
  settle(window);
  return saved;
}

bool photographAll(MainWindow& window, const QDir& folder, const QString& prefix, const QString& suffix) {
  QStringList pages{QStringLiteral("start")};
  for (const WorkspaceEntry& entry : workspaceEntries()) pages << QLatin1String(entry.id);
  for (const QString& id : pages) {
    window.showWorkspace(id);
    settle(window);
    if (Workspace* workspace = window.currentWorkspace()) workspace->showExample();
    if (!settle(window))
      std::fprintf(stderr, "quantscope: %s was still computing after two minutes.\n", qPrintable(id));
    if (!save(window, folder, prefix + id + suffix)) return false;
    if (id == QLatin1String("quantize") && !photographQuantize(window, folder, prefix, suffix)) return false;
    if (id == QStringLiteral("train") &&
        !photographQlora(window, folder, prefix + QStringLiteral("train-qlora") + suffix))
      return false;
    if (id == QStringLiteral("bits") && !photographBits(window, folder, prefix, suffix)) return false;
  }
  window.openCommandPalette();
  settle(window);
  if (!save(window, folder, prefix + QStringLiteral("palette") + suffix)) return false;
  window.closeCommandPalette();
  return photographDialogs(window, folder, prefix, suffix);
}

/// Lessons beside the workspaces they drive: a wrong answer, a slider, a place on a chart, a board; and in teacher
/// mode.
bool photographLessons(MainWindow& window, const QDir& folder, const QString& suffix) {
  const std::tuple<const char*, const char*, std::optional<Guess>> steps[] = {
      {"anatomy", "bias", Guess(126.0)},
      {"anatomy", "doubling", Guess(std::uint64_t{0x3f800001})},
      {"int8", "which-maxima", {}},
      {"outliers", "clip", Guess(97.0)},
      {"memory", "fits", Guess(QStringLiteral("yes"))}};
  LessonPlayer& player = window.lessons();
  for (const auto& [lesson, step, guess] : steps) {
    window.openLink(QStringLiteral("quantscope://learn/%1/%2").arg(QLatin1String(lesson), QLatin1String(step)));
    settle(window);
    if (guess) player.giveAnswer(*guess);
    settle(window);
    if (!save(window, folder, QStringLiteral("lesson-%1").arg(QLatin1String(step)) + suffix)) return false;
  }
  player.setTeacherMode(true);
  settle(window);
  const bool saved = save(window, folder, QStringLiteral("lesson-teacher") + suffix);
  player.setTeacherMode(false);
  player.forgetProgress();
  player.leave();
  window.openLink(QStringLiteral("quantscope://learn?glossary=scale"));
  settle(window);
  return saved && save(window, folder, QStringLiteral("glossary") + suffix);
}

/// The four sizes a window really has; at scale 2 (QT_SCALE_FACTOR) only the usual one.
bool photographSizes(MainWindow& window, const QDir& folder, const QString& prefix) {
  const std::pair<ThemeMode, const char*> themes[] = {{ThemeMode::Light, "light"}, {ThemeMode::Dark, "dark"}};
  const bool scaled = window.devicePixelRatioF() > 1.5;
  const auto sizes =
      scaled ? std::vector{QSize(1280, 800)} : std::vector{window.minimumSize(), QSize(1280, 800), QSize(1920, 1080)};
  for (const QSize size : sizes) {
    for (const auto& [mode, name] : themes) {
      Theme::instance().setMode(mode);
      window.resize(size);
      const QString suffix = QStringLiteral("-%1x%2%3-%4.png")
                                 .arg(size.width())
                                 .arg(size.height())
                                 .arg(scaled ? QStringLiteral("@2") : QString(), QLatin1String(name));
      if (!photographAll(window, folder, prefix, suffix)) return false;
      if (prefix.isEmpty() && !photographLessons(window, folder, suffix)) return false;
    }
  }
  return true;
}

bool open(MainWindow& window, const QString& model) {
  window.openModel(model);
  settle(window);
  if (window.selection().model()) return true;
  std::fprintf(stderr, "quantscope: %s\n", qPrintable(window.errorText()));
  return false;
}

/// Real sizes: sixty layers, eight schemes of which some have long names.
bool photographDeepModel(MainWindow& window, const QDir& folder) {
  const QTemporaryDir temporary;
  const QString path =
      temporary.filePath(QStringLiteral("some-laboratory-instruct-of-sixty-layers-v0.3-with-a-long-name.F16.gguf"));
  writeDeepModel(path);
  for (const char* scheme : {"int8", "nf4:double=on", "nf4", "q4_0", "q5_1", "int4:group=16,range=minmax",
                             "int3:group=16,range=minmax", "fp8_e4m3"})
    window.selection().addOwn(core::quant::Scheme::parse(scheme));
  window.selection().addOwn(
      core::model::parseRecipe(
          "base = q4_0\nblk\\.[0-9]\\.attn = q8_0\nffn_down = q5_1\nblk\\.5[0-9]\\.attn_v = keep\n", ""),
      QStringLiteral("Careful with the first blocks"));
  for (const auto& scheme : window.selection().checkedRecipes())
    if (window.selection().checkedRecipes().size() > 8) window.selection().setChecked(scheme, false);
  window.loader().close();
  return open(window, path) && photographSizes(window, folder, QStringLiteral("deep-"));
}

}  // namespace

int takeScreenshots(const QString& folderName, const QString& model) {
  const QDir folder(folderName);
  if (!QDir().mkpath(folderName)) {
    std::fprintf(stderr, "quantscope: The folder %s could not be made.\n", qPrintable(folderName));
    return 1;
  }
  MainWindow window;
  window.show();
  try {
    return open(window, model.isEmpty() ? QStringLiteral("demo") : model) &&
                   photographSizes(window, folder, QString()) && photographDeepModel(window, folder)
               ? 0
               : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "quantscope: %s\n", error.what());
    return 1;
  }
}

}  // namespace app
