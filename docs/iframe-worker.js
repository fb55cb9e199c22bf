/* The site's search from disk: browsers start no worker from a file, so it runs in a frame. */
if (location.protocol === 'file:') {
  window.IFrameWorker = class extends EventTarget {
    constructor(address) {
      super();
      this.frame = document.createElement('iframe');
      this.frame.hidden = true;
      document.body.append(this.frame);
      this.inside = this.frame.contentWindow;
      this.ready = new Promise((resolve) => {
        this.inside.answer = (data) => {
          const event = new MessageEvent('message', { data });
          this.dispatchEvent(event);
          this.onmessage?.(event);
        };
        this.inside.ready = resolve;
      });
      const start = `
        postMessage = (data) => answer(structuredClone(data));
        importScripts = (...addresses) => Promise.all(addresses.map((src) => new Promise((onload) =>
          document.body.append(Object.assign(document.createElement('script'), { src, onload })))));`;
      this.inside.document.open();
      this.inside.document.write(
        `<body><script>${start}</script><script src="${address}"></script><script>ready()</script>`,
      );
      this.inside.document.close();
    }

    async postMessage(data) {
      await this.ready;
      this.inside.dispatchEvent(new MessageEvent('message', { data: structuredClone(data) }));
    }

    terminate() {
      this.frame.remove();
    }
  };
  window.Worker = window.IFrameWorker;
}
