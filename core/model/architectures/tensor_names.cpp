#include "core/model/architectures/tensor_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/model/architectures/all.h"

namespace core::model {

namespace {

constexpr std::string_view kGgufBlocks = "blk.";

/// A name taken apart: the block's number, as its digits, and what follows; without a number all of it.
struct Split {
  std::string_view block, rest;
};

std::optional<Split> split(std::string_view name, std::string_view blocks) {
  if (!name.starts_with(blocks)) return Split{{}, name};
  const std::string_view behind = name.substr(blocks.size());
  const std::size_t dot = behind.find('.');
  const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  if (dot == std::string_view::npos || dot == 0 || !std::all_of(behind.begin(), behind.begin() + dot, isDigit))
    return std::nullopt;
  return Split{behind.substr(0, dot), behind.substr(dot + 1)};
}

/// A '*' of the pattern stands for an expert's number.
bool isNamed(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos || pattern == name) return pattern == name;
  const std::string_view before = pattern.substr(0, star), behind = pattern.substr(star + 1);
  if (!name.starts_with(before) || !name.ends_with(behind) || name.size() <= before.size() + behind.size())
    return false;
  const std::string_view number = name.substr(before.size(), name.size() - before.size() - behind.size());
  return std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
}

const WeightRow* find(const Architecture& architecture, const Split& name, std::string_view WeightRow::*side) {
  const auto found = std::ranges::find_if(architecture.weights, [&](const WeightRow& row) {
    return row.isOfBlock() == !name.block.empty() && isNamed(row.*side, name.rest);
  });
  return found == architecture.weights.end() ? nullptr : &*found;
}

/// A side of the table, and how numbered blocks are called there.
struct Names {
  std::string_view blocks;
  std::string_view WeightRow::*side;
};
constexpr Names kGguf{kGgufBlocks, &WeightRow::gguf};
constexpr Names folderNames(const Architecture& architecture) {
  return {architecture.folderBlocks, &WeightRow::huggingFace};
}

std::optional<std::string> translated(const Architecture& architecture, std::string_view name, const Names& from,
                                      const Names& to) {
  const auto parts = split(name, from.blocks);
  const WeightRow* const row = parts ? find(architecture, *parts, from.side) : nullptr;
  if (row == nullptr || (row->*from.side).empty() || (row->*to.side).empty()) return std::nullopt;
  return row->isOfBlock() ? fmt::format("{}{}.{}", to.blocks, parts->block, row->*to.side) : std::string(row->*to.side);
}

}  // namespace

TensorNames::TensorNames(const io::Checkpoint& checkpoint) : m_architecture(findArchitecture(checkpoint)) {
  if (m_architecture == nullptr) m_architecture = &kLlama;
}

std::optional<std::string> TensorNames::huggingFace(std::string_view ggufName) const {
  return translated(*m_architecture, ggufName, kGguf, folderNames(*m_architecture));
}

std::optional<std::string> TensorNames::gguf(std::string_view huggingFaceName) const {
  return translated(*m_architecture, withoutOuterModel(huggingFaceName), folderNames(*m_architecture), kGguf);
}

std::optional<std::string> TensorNames::other(std::string_view name) const {
  auto there = huggingFace(name);
  return there ? there : gguf(name);
}

std::string TensorNames::in(io::FileFormat format, std::string_view ggufName) const {
  if (format == io::FileFormat::Gguf) return std::string(ggufName);
  return huggingFace(ggufName).value_or(std::string(ggufName));
}

const WeightRow* TensorNames::row(std::string_view stored) const {
  const std::string name = withoutOuterModel(stored);
  for (const Names& names : {kGguf, folderNames(*m_architecture)}) {
    const auto parts = split(name, names.blocks);
    const WeightRow* const row = parts ? find(*m_architecture, *parts, names.side) : nullptr;
    if (row != nullptr) return row;
  }
  return nullptr;
}

RowOrder TensorNames::rowOrder(std::string_view name) const {
  const WeightRow* const found = row(name);
  return found == nullptr ? RowOrder::Same : found->order;
}

std::string withoutOuterModel(std::string_view name) {
  constexpr std::string_view kModel = "model.";
  for (const std::string_view inside : {"model.language_model.", "model.text_model."})
    if (name.starts_with(inside)) return std::string(kModel) + std::string(name.substr(inside.size()));
  for (const std::string_view outer : {"language_model.", "text_model."})
    if (name.starts_with(outer)) return std::string(name.substr(outer.size()));
  return std::string(name);
}

std::string canonicalName(std::string_view name) {
  for (const Architecture* const architecture : architectures())
    if (auto found = TensorNames(*architecture).gguf(name)) return *std::move(found);
  return std::string(name);
}

std::optional<std::string> otherName(std::string_view name) {
  for (const Architecture* const architecture : architectures())
    if (auto found = TensorNames(*architecture).other(name)) return found;
  return std::nullopt;
}

}  // namespace core::model
