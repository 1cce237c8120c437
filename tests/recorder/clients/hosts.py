"""What the story's hosts run; SDKs write it into the User-Agent, whatever machine records the story."""

KERNEL_RELEASE = "6.1.166-197.305.amzn2023.x86_64"
