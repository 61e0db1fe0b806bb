#include "app/report/report_command.h"

#include <QApplication>
#include <QCommandLineParser>
#include <cstdio>
#include <cstring>
#include <utility>

#include "app/report/report.h"
#include "app/session/cache_folder.h"
#include "app/session/calibrate_model.h"
#include "app/session/device_choice.h"
#include "app/session/recipe_file.h"
#include "app/session/treatment.h"
#include "app/text/tr.h"
#include "app/widgets/theme.h"
#include "core/io/text_checks.h"

namespace app::report {

using text::tr;

namespace {

constexpr int kReportFailed = 1;
constexpr int kReportMisused = 2;

int complain(const QString& sentence, int code) {
  std::fprintf(stderr, "quantscope: %s\n", core::io::printable(sentence.toStdString()).c_str());
  return code;
}

struct Options {
  QCommandLineOption help{{QStringLiteral("h"), QStringLiteral("help")}, tr("Show this.")};
  QCommandLineOption output{{QStringLiteral("o"), QStringLiteral("output")},
                            tr("Folder for index.html and report.json; made when it does not exist."),
                            QStringLiteral("DIR")};
  QCommandLineOption device{QStringLiteral("device"), tr("auto, cpu, vulkan or vulkan:N."), QStringLiteral("DEVICE"),
                            QStringLiteral("auto")};
  QCommandLineOption scheme{QStringLiteral("scheme"),
                            tr("A scheme to compare, e.g. int4:group=64 (repeatable; default: six usual ones)."),
                            QStringLiteral("SCHEME")};
  QCommandLineOption recipe{
      QStringLiteral("recipe"),
      tr("A recipe to compare: a file type such as Q4_K_M, or a file of lines PATTERN = SCHEME (repeatable)."),
      QStringLiteral("RECIPE")};
  QCommandLineOption rule{QStringLiteral("tensor-type"),
                          tr("PATTERN=SCHEME for the tensors whose names the regular expression matches (repeatable)."),
                          QStringLiteral("RULE")};
  QCommandLineOption calibration{
      QStringLiteral("calibration"),
      tr("What the model reads for schemes that look at data: a text, JSONL of chats, demo or "
         "prose."),
      QStringLiteral("FILE")};
  QCommandLineOption imatrix{QStringLiteral("imatrix"), tr("An importance matrix of llama.cpp for such schemes."),
                             QStringLiteral("FILE")};
  QCommandLineOption include{
      QStringLiteral("include"),
      tr("What is measured beside weights, bits, errors and answers: evaluation, tasks, sensitivity, memory, trace, "
         "several behind commas, or all."),
      QStringLiteral("PARTS")};
  QCommandLineOption text{QStringLiteral("text"),
                          tr("What evaluation and sensitivity read: a text, JSONL of chats, demo or prose (default for "
                             "the built-in model: demo); includes evaluation."),
                          QStringLiteral("TEXT")};
  QCommandLineOption tokens{QStringLiteral("tokens"), tr("Tokens read of it, at most (0: all; default: 4096)."),
                            QStringLiteral("N"), QString::number(PartSettings().tokens)};
  QCommandLineOption tasks{QStringLiteral("tasks"),
                           tr("Questions with expected answers, JSONL or demo; includes tasks."),
                           QStringLiteral("FILE")};
  QCommandLineOption sensitivity{QStringLiteral("sensitivity"),
                                 tr("The scheme or recipe whose tensors are measured one by one (default: the compared "
                                    "one that changes the weights most); includes sensitivity."),
                                 QStringLiteral("SCHEME")};
  QCommandLineOption reference{QStringLiteral("reference"),
                               tr("What evaluation, tasks and trace compare with: stored, a scheme, model:PATH or "
                                  "adapter:PATH, on a device and with a type of keys and values: stored@cpu@kv=f32."),
                               QStringLiteral("VARIANT")};
  QCommandLineOption variant{QStringLiteral("variant"),
                             tr("What evaluation and tasks compare beside schemes and recipes, written likewise "
                                "(repeatable)."),
                             QStringLiteral("VARIANT")};
  QCommandLineOption trace{QStringLiteral("trace"),
                           tr("The prompt whose answer is followed to the weights (default: that of the first answer "
                              "that parts); includes trace."),
                           QStringLiteral("PROMPT")};
  QCommandLineOption against{QStringLiteral("against"),
                             tr("The folder of an older report that this one is compared with."),
                             QStringLiteral("DIR")};

  QCommandLineOption compare{
      QStringLiteral("compare"),
      tr("Measure nothing: compare two reports by their folders, report --compare OLDER NEWER -o DIR.")};

  QList<QCommandLineOption> all() const {
    return {help, output, device, scheme,      recipe, rule,      calibration, imatrix, include,
            text, tokens, tasks,  sensitivity, trace,  reference, variant,     against, compare};
  }
};

/// What else is to be measured, and on what. @throws core::Error for a word that names no part, no scheme
PartSettings partsOf(const QCommandLineParser& parser, const Options& options) {
  PartSettings settings;
  settings.parts = parseParts(parser.values(options.include));
  const std::pair<const QCommandLineOption*, Part> including[] = {{&options.text, Part::Evaluation},
                                                                  {&options.tasks, Part::Tasks},
                                                                  {&options.sensitivity, Part::Sensitivity},
                                                                  {&options.trace, Part::Trace}};
  for (const auto& [option, part] : including)
    if (parser.isSet(*option)) settings.parts.insert(part);
  settings.text = parser.value(options.text);
  settings.tokens = parser.value(options.tokens).toUInt();
  settings.tasks = parser.value(options.tasks);
  settings.prompt = parser.value(options.trace);
  Variant usual;
  usual.device = DeviceChoice::parse(parser.value(options.device).toStdString());
  if (parser.isSet(options.reference))
    settings.reference = Variant::parse(parser.value(options.reference).toStdString(), usual);
  for (const QString& variant : parser.values(options.variant))
    settings.variants.push_back(Variant::parse(variant.toStdString(), usual));
  if (parser.isSet(options.reference) || parser.isSet(options.variant))
    if (settings.parts.empty()) settings.parts.insert(Part::Evaluation);
  if (parser.isSet(options.sensitivity)) settings.looked = openRecipe(parser.value(options.sensitivity).toStdString());
  return settings;
}

/// As on the command line: what can use the matrix is made with it.
void weigh(std::vector<core::model::Recipe>& recipes, const std::string& matrix) {
  if (recipes.empty()) recipes = usualRecipes();
  const auto source = sourceOf(*openImportance(matrix));
  for (auto& recipe : recipes)
    if (recipe.otherModel() == nullptr) recipe.importance = source;
}

/// Opens the model with the calibration that was asked for, if one was.
void calibrate(const QCommandLineParser& parser, const Options& options, Request& request) {
  for (const QCommandLineOption* option : {&options.calibration, &options.imatrix}) {
    if (!parser.isSet(*option)) continue;
    const QString file = parser.value(*option);
    request.calibration = {QStringLiteral("--") + option->names().front(), file};
    if (!request.open) request.open = OpenModel::open(request.model.toStdString());
    if (option == &options.imatrix) {
      calibrateByImportance(*request.open, file.toStdString());
      weigh(request.recipes, file.toStdString());
    } else {
      calibrateModel(*request.open, openText(file.toStdString()), {}, userCacheFolder(), core::JobContext());
    }
  }
}

std::vector<std::string> texts(const QStringList& values) {
  std::vector<std::string> result;
  for (const QString& value : values) result.push_back(value.toStdString());
  return result;
}

/// @return nothing and the request, or what is wrong with the arguments
QString check(const QCommandLineParser& parser, const Options& options, Request& request) {
  const QStringList words = parser.positionalArguments();
  if (parser.isSet(options.compare) && words.size() != 3)
    return tr("Two reports are compared by: quantscope report --compare OLDER NEWER -o DIR.");
  if (!parser.isSet(options.compare) && words.size() != 2) return tr("The command is: quantscope report MODEL -o DIR.");
  request.model = words[1];
  request.folder = parser.value(options.output);
  if (request.folder.isEmpty()) return tr("Say where to write the report: -o DIR.");
  if (parser.isSet(options.calibration) && parser.isSet(options.imatrix))
    return tr("Schemes are calibrated with one thing at a time: give --calibration or --imatrix.");
  bool isCount = false;
  if (parser.value(options.tokens).toUInt(&isCount) > (1U << 28) || !isCount)
    return tr("--tokens takes a whole number up to 268435456, not %1.").arg(parser.value(options.tokens));
  request.device = parser.value(options.device);
  try {
    static_cast<void>(parseParts(parser.values(options.include)));
    static_cast<void>(DeviceChoice::parse(request.device.toStdString()));
  } catch (const std::exception& error) {
    return QString::fromUtf8(error.what());
  }
  return {};
}

}  // namespace

bool isReportCommand(int argc, char** argv) { return argc > 1 && std::strcmp(argv[1], "report") == 0; }

int runReport(int argc, char** argv) {
  // No window: the page must look the same with and without a display.
  if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  const QApplication application(argc, argv);
  Theme::instance().install();
  return runReport(QCoreApplication::arguments());
}

int runReport(const QStringList& arguments) {
  QCommandLineParser parser;
  const Options options;
  parser.setApplicationDescription(
      tr("Writes everything this program measures of a model as one self-contained page."));
  parser.addOptions(options.all());
  parser.addPositionalArgument(QStringLiteral("report"), tr("This command."));
  parser.addPositionalArgument(QStringLiteral("MODEL"), tr("A model file, a folder, or demo."));
  if (!parser.parse(arguments)) return complain(parser.errorText(), kReportMisused);
  if (parser.isSet(options.help)) {
    std::fputs(qUtf8Printable(parser.helpText()), stdout);
    return 0;
  }
  Request request;
  if (const QString problem = check(parser, options, request); !problem.isEmpty())
    return complain(problem, kReportMisused);
  try {
    if (parser.isSet(options.compare)) {
      const QStringList words = parser.positionalArguments();
      std::printf("%s\n", qUtf8Printable(writeComparison(words[1], words[2], request.folder)));
      return 0;
    }
    request.recipes = openRecipes(texts(parser.values(options.scheme)), texts(parser.values(options.recipe)),
                                  texts(parser.values(options.rule)));
    request.parts = partsOf(parser, options);
    request.against = parser.value(options.against);
    calibrate(parser, options, request);
    const ReportData data = measure(request);
    std::printf("%s\n", qUtf8Printable(writePage(data, drawPictures(data))));
    for (const auto& [part, why] : data.parts.whyNot)  // the page says so, too
      complain(tr("%1 was not measured: %2").arg(wordOf(part), why), 0);
    return 0;
  } catch (const std::exception& error) {
    return complain(QString::fromUtf8(error.what()), kReportFailed);
  }
}

}  // namespace app::report
