import { createMesh } from 'inmesh'

const mesh = await createMesh({ controlPlane: '127.0.0.1:15010' })

for (let call = 1; call <= 4; call++) {
  const response = await mesh.fetch('http://hello/')
  console.log(response.status, (await response.text()).trim())
}

await mesh.close()
