import { createMesh } from 'inmesh'

const mesh = await createMesh({ controlPlane: '127.0.0.1:15010' })

const hello = mesh.service('hello', {
  timeoutMs: 800,
  breaker: {
    errorThresholdPercentage: 50,
    volumeThreshold: 3,
    resetTimeout: 5000,
    fallback: () => new Response('hello from memory'),
  },
})
hello.breaker.on('open', () => console.log('hello fails, no call goes there for five seconds'))

for (let call = 1; call <= 4; call++) {
  const response = await hello.fetch('/')
  console.log(`${hello.breaker.state}: ${(await response.text()).trim()}`)
}

await mesh.close()
