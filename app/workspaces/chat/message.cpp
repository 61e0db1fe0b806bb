#include "app/workspaces/chat/message.h"

namespace app {

core::io::JsonTree jsonTreeOf(const std::vector<Message>& messages) {
  using core::io::JsonContainer;
  core::io::JsonTree list{JsonContainer::Array, {}, {}};
  for (const Message& message : messages) {
    core::io::JsonTree object{JsonContainer::Object, {}, {}};
    const auto set = [&object](const char* key, const std::string& text) {
      object.children.emplace_back(key, core::io::JsonTree{{}, text, {}});
    };
    set("role", message.role);
    set("content", message.content);
    if (!message.reasoning.empty())
      for (const char* key : {"reasoning_content", "reasoning", "thinking"}) set(key, message.reasoning);
    list.children.emplace_back("", std::move(object));
  }
  return list;
}

}  // namespace app
