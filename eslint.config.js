// Biome does formatting and all rules that need no types. These need them: a promise that nobody waits for loses its error.
import tseslint from 'typescript-eslint'

export default tseslint.config({
  files: ['packages/*/src/**/*.ts'],
  ignores: ['**/*.test.ts', '**/testing/**'],
  languageOptions: {
    parser: tseslint.parser,
    parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
  },
  plugins: { '@typescript-eslint': tseslint.plugin },
  rules: {
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/no-misused-promises': 'error',
    '@typescript-eslint/await-thenable': 'error',
    '@typescript-eslint/switch-exhaustiveness-check': 'error',
  },
})
