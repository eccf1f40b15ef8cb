#include "base/file_policy.h"

bool file_policy_in_image;
