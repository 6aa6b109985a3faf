#include <cstring>
#include <string>

class Name {
 public:
  void bad(const char *text, const std::string &other) {
    // ruleid: c-strcpy
    std::strcpy(buffer_, text);
    // ruleid: c-strcpy
    strcpy(buffer_, other.c_str());
    // ruleid: c-strcpy
    std::strcat(this->buffer_, text);
  }

  void good(const std::string &other) {
    // ok: c-strcpy
    std::strcpy(buffer_, "constant");
    // ok: c-strcpy
    text_ = other;
    // ok: c-strcpy
    other::strcpy(buffer_, text_.c_str());
  }

 private:
  char buffer_[16];
  std::string text_;
};
