export { defineConfig, type GomodkitConfig } from './config.ts';
