#include "app/workspaces/bits/block_link.h"

#include <QRegularExpression>

#include "app/text/tr.h"
#include "app/workspaces/bits/block_source.h"
#include "app/workspaces/bits/block_state.h"
#include "core/base/error.h"
#include "core/quant/explain/block_tensor.h"
#include "core/quant/quantizer.h"

namespace app {

using text::tr;

namespace {

using core::quant::Scheme;

const QString kBlock = QStringLiteral("block"), kValues = QStringLiteral("values");

QString hexOf(const std::vector<std::byte>& bytes) {
  const QByteArray raw(reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(bytes.size()));
  return QStringLiteral("0x") + QString::fromLatin1(raw.toHex());
}

std::vector<std::byte> bytesOf(const QString& hex) {
  const QByteArray raw = QByteArray::fromHex(hex.mid(2).toLatin1());
  std::vector<std::byte> bytes;
  for (const char byte : raw) bytes.push_back(static_cast<std::byte>(byte));
  return bytes;
}

/// Bytes of a block with the weights they read as.
BlockSetup setupOf(const Scheme& scheme, std::vector<std::byte> bytes) {
  const std::uint32_t count = blockValues(scheme.format);
  const auto tensor = core::quant::tensorOfBlock(scheme, count, bytes);
  return {scheme, {}, core::quant::dequantize(tensor), bytes, bytes, true};
}

}  // namespace

bool isBlockLink(const Link& link) { return !link.path.isEmpty() && link.path[0] == kBlock; }

Link blockLink(const BlockState& state, const BlockSource& source) {
  Link link{QStringLiteral("bits"), {kBlock, QString::fromStdString(source.scheme().toString())}, {}};
  const BlockSetup* setup = state.setup();
  const bool whole = setup != nullptr && setup->weights.size() == blockValues(setup->scheme.format);
  if (whole && (state.isEdited() || setup->isFromBytes || !setup->origin.isEmpty()))
    link.path << hexOf(setup->bytes);
  else if (!source.followsWeight() || (setup != nullptr && setup->origin.isEmpty()))
    link.set(kValues, source.valuesText());
  return link;
}

QString openBlockLink(const Link& link, BlockState& state, BlockSource& source) {
  if (link.path.size() < 2 || link.path.size() > 3)
    return tr("\"%1\" names no block: a scheme is expected, and bytes or values.").arg(link.toString());
  try {
    const Scheme scheme = Scheme::parse(link.path[1].toStdString());
    if (blockValues(scheme.format) == 0)
      return tr("%1 stores no blocks.").arg(QString::fromStdString(scheme.toString()));
    if (link.path.size() == 3) {
      static const QRegularExpression hex(QStringLiteral("^0x([0-9a-fA-F]{2})+$"));
      if (!hex.match(link.path[2]).hasMatch())
        return tr("The bytes of a block are written 0x and two digits a byte; found \"%1\".")
            .arg(link.path[2].left(40));
      const BlockSetup setup = setupOf(scheme, bytesOf(link.path[2]));
      source.setScheme(scheme);
      source.hold();
      state.setBlock(setup);
      return {};
    }
    if (!link.has(kValues)) {
      source.followWeight();
    } else if (const QString problem = source.setValues(link.value(kValues)); !problem.isEmpty()) {
      return problem;
    }
    source.setScheme(scheme);
    return {};
  } catch (const core::Error& error) {
    return QString::fromUtf8(error.what());
  }
}

}  // namespace app
