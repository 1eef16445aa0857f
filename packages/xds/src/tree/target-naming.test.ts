import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { templateNaming } from './target-naming.js'

describe('names of listeners', () => {
  it('are the targets themselves by default', () => {
    assert.equal(templateNaming()('shop.demo:80'), 'shop.demo:80')
  })

  it('follow a template, with the target as it is', () => {
    assert.equal(templateNaming('client/%s?v=%s')('a b$&:80'), 'client/a b$&:80?v=a b$&:80')
  })

  it('are percent-encoded in a template of xdstp', () => {
    const naming = templateNaming('xdstp://authority/envoy.config.listener.v3.Listener/%s')
    assert.equal(
      naming('shop/é [x]:80'),
      'xdstp://authority/envoy.config.listener.v3.Listener/shop/%C3%A9%20%5Bx%5D:80',
    )
  })

  it('follow the template of the authority that the target names', () => {
    const naming = templateNaming(
      'plain/%s',
      new Map([['far', 'xdstp://far/envoy.config.listener.v3.Listener/shop/%s']]),
    )
    assert.equal(naming('xds://far/a/é:80'), 'xdstp://far/envoy.config.listener.v3.Listener/shop/a/%C3%A9:80')
    assert.equal(naming('xds://unknown/a'), 'xdstp://unknown/envoy.config.listener.v3.Listener/a')
    assert.equal(naming('xds:///shop:80'), 'plain/shop:80')
  })
})
