// The app's entrance: the loader imports it at the first opening and calls `start` with its shell.
import { createClient } from './client.js';
import { createView } from './view.js';

export const start = (shell) => {
  const client = createClient(shell);
  createView(shell, client);
  client.start();
};
