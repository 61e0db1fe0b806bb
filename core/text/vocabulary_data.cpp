#include "core/text/vocabulary_data.h"

#include "core/text/vocabulary_folder.h"
#include "core/text/vocabulary_gguf.h"

namespace core::text {

VocabularyData vocabularyOf(const io::Checkpoint& checkpoint) {
  if (checkpoint.format() == io::FileFormat::Gguf) return ggufVocabulary(checkpoint.metadata());
  return folderVocabulary(checkpoint);
}

}  // namespace core::text
