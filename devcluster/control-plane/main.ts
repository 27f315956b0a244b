/** `make control-plane`: finds or builds the binaries and says where they are. */
import { findBinaries } from "./binaries.ts";

try {
  const binaries = await findBinaries();
  for (const [name, path] of Object.entries(binaries)) console.log(`${name.padEnd(24)} ${path}`);
} catch (error) {
  // The message is made for the reader; where in our code it was thrown helps nobody.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
