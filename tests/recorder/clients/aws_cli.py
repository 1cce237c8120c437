"""The AWS CLI as on the story's hosts, whose kernel release it writes into the User-Agent."""

import platform
import sys

from hosts import KERNEL_RELEASE

platform.release = lambda: KERNEL_RELEASE

from awscli.clidriver import main  # noqa: E402  (reads the platform when it is imported)

sys.exit(main())
