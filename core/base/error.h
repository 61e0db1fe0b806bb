#pragma once
#include <stdexcept>
#include <string>

namespace core {

/// What kind of thing went wrong; decides how a boundary reacts, never what it says.
enum class ErrorCode {
  InvalidFile,      ///< a model file or folder that breaks its format's rules
  Unsupported,      ///< valid, but not something this program can do (yet)
  NotFound,         ///< a file, tensor, key or device that does not exist
  InvalidArgument,  ///< a value a person or a caller chose is out of range
  OutOfMemory,      ///< host or device memory does not suffice
  Io,               ///< the operating system refused a read, write, map or rename
  NotFinite,        ///< a model computes NaN or infinities; where() is the tensor at which they begin
  Device,           ///< a Vulkan call failed
  DeviceLost        ///< the Vulkan device is gone; sticky for the session that owns it
};

/// Bad input or a failed environment. `what()` is one sentence for a person: what was expected, what was found, where.
/// A bug is an assert that no file can trigger, never an Error.
class Error : public std::runtime_error {
 public:
  /// @param sentence complete, capitalised, ending with a full stop
  /// @param where file offset, tensor or key it is about; may be empty
  Error(ErrorCode code, const std::string& sentence, std::string where = {});

  ErrorCode code() const noexcept { return m_code; }
  const std::string& where() const noexcept { return m_where; }

 private:
  ErrorCode m_code;
  std::string m_where;
};

/// Thrown when a job notices that it was asked to stop.
class Cancelled : public std::exception {
 public:
  const char* what() const noexcept override { return "Cancelled."; }
};

}  // namespace core
