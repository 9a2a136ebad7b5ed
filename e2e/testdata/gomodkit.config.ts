// A configuration as a user writes it.

import { rangePolicy } from '@gomodkit/core';
import { defineConfig } from 'gomodkit';

const config = defineConfig({
  storage: 'memory:',
  upstream: 'https://goproxy.example',
  basePath: '/modules',
  policy: rangePolicy([{ modules: 'example.com/*', deny: '<1', reason: 'nothing below 1 is supported' }]),
});

export { config as default };
