// Commands that check something: 0 when all is well, 1 for findings, and 2 when they could not run.

/** Runs a check, which resolves to whether all is well, and sets the exit status. */
export async function checking(check: () => Promise<boolean>): Promise<void> {
  try {
    if (!(await check())) process.exitCode = 1;
  } catch (error) {
    process.exitCode ||= 2;
    throw error;
  }
}
