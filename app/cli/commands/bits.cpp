#include <memory>

#include "app/cli/arguments.h"
#include "app/cli/bits_json.h"
#include "app/cli/bits_text.h"
#include "app/cli/command.h"

namespace app::cli {

namespace bits_verb {

struct Options {
  BitsOptions bits;
  Output output = Output::ForPeople;
};

void run(const Options& options) {
  const BitsRequest request = bitsRequest(options.bits);
  if (options.output == Output::ForPrograms) return print(bitsJson(options.bits.value, request));
  printBits(request);
}

}  // namespace bits_verb

void addBits(CLI::App& program) {
  auto options = std::make_shared<bits_verb::Options>();
  BitsOptions& bits = options->bits;
  CLI::App* command = program.add_subcommand("bits", "A number in every format, bit by bit");
  command
      ->add_option(
          "value", bits.value,
          "A decimal, arithmetic (0.1+0.2, (1-2^-24)*3), a hexadecimal float (0x1.8p3), inf, nan, bits as 0x… or "
          "0b… (of FP32, or of the first --format), or a link (quantscope://bits/fp32/0x3eeaf790)")
      ->required();
  command
      ->add_option("--format", bits.formats,
                   "Only these formats: bf16, fp8_e4m3, or one's own, e.g. e4m3 or "
                   "e5m10:bias=15,specials=ieee|fn|fnuz|none,subnormals=off; may be repeated")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  const auto addOption = [&](const char* name, auto& value, const char* text) {
    return command->add_option(name, value, text)->check(CLI::Validator(whyEmpty, ""));
  };
  addOption("--rounding", bits.rounding, "nearest_even (default), nearest_away, toward_zero, up, down or stochastic");
  addOption("--draw", bits.draw, "Stochastic rounding: the number drawn, from 0 to just below 1");
  addOption("--seed", bits.seed, "Stochastic rounding: draw it with this seed")->check(CLI::Validator(whyNoSeed, ""));
  addOption("--chain", bits.chain,
            "Convert from format to format: fp32,bf16,fp8_e4m3; fp32,bf16/toward_zero truncates to BF16");
  command->add_flag("--saturate", bits.saturate, "Finite numbers beyond the largest value become it");
  addOption("--scale", bits.scale, "Scale of the integer formats (1)");
  addOption("--zero-point", bits.zeroPoint, "Zero-point of the integer formats (0)");
  addOption("--absmax", bits.absmax, "What 1 stands for in NF4 and FP4 (1)");
  addJsonFlag(*command, options->output);
  command->callback([options] { bits_verb::run(*options); });
}

}  // namespace app::cli
