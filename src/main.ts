console.log('freshet');
