// @ts-check
// For `node --import`: SIGUSR2 blocks the event loop of the process for FRESHET_TEST_BLOCK_SECONDS, as a long computation does.

const seconds = Number(process.env.FRESHET_TEST_BLOCK_SECONDS);

process.on('SIGUSR2', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
  console.error(`${process.pid} was blocked and is awake`);
});
